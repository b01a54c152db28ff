import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { RouteProblem } from "../../../../../agent/routes/problem.ts";
import { openCircuit, type WriteCircuit } from "../../../../../agent/routes/writer/circuit.ts";

let circuit: WriteCircuit;
let openings: number;
beforeEach(() => {
  vi.useFakeTimers({ now: new Date("2026-11-29T12:00:00Z") });
  openings = 0;
  circuit = openCircuit({ failures: 3, resetMs: 10_000 }, () => {
    openings += 1;
  });
});
afterEach(() => vi.useRealTimers());

const good = () => circuit.run(async () => "done");
const failing = () =>
  circuit.run(async () => {
    throw new RouteProblem("unavailable", "no database");
  });
const wrong = () =>
  circuit.run(async () => {
    throw new RouteProblem("taken", "taken");
  });
async function fail(times: number): Promise<void> {
  for (let time = 0; time < times; time++) await failing().catch(() => {});
}

describe("the circuit in front of changes", () => {
  it("opens after so many failures in a row, and says so at once without trying", async () => {
    await fail(2);
    expect(circuit.show()).toMatchObject({ state: "CLOSED", failureCount: 2, failureThreshold: 3 });
    await fail(1);
    expect(circuit.show().state).toBe("OPEN");
    const work = vi.fn(async () => {});
    await expect(circuit.run(work)).rejects.toMatchObject({
      code: "circuit-open",
      message: "Circuit is open: 3 changes in a row have failed, the last one with: no database",
    });
    expect(work).not.toHaveBeenCalled();
  });

  it("does not open by what callers have got wrong, however often", async () => {
    for (let time = 0; time < 20; time++) await expect(wrong()).rejects.toMatchObject({ code: "taken" });
    expect(circuit.show()).toMatchObject({ state: "CLOSED", failureCount: 0, lastFailure: null });
    expect(await good()).toBe("done");
  });

  it("counts what nobody has foreseen as a failure", async () => {
    for (let time = 0; time < 3; time++)
      await circuit.run(() => Promise.reject(new Error("a fault of the agent"))).catch(() => {});
    expect(circuit.show().state).toBe("OPEN");
  });

  it("forgets failures at each success", async () => {
    await fail(2);
    await good();
    await fail(2);
    expect(circuit.show()).toMatchObject({ state: "CLOSED", failureCount: 2 });
  });

  it("lets one request try after its time, and closes if that works", async () => {
    await fail(3);
    vi.advanceTimersByTime(10_000);
    expect(await good()).toBe("done");
    expect(circuit.show()).toMatchObject({ state: "CLOSED", failureCount: 0 });
  });

  it("stays open for the same time again if it does not", async () => {
    await fail(3);
    vi.advanceTimersByTime(10_000);
    await expect(failing()).rejects.toMatchObject({ code: "unavailable" });
    vi.advanceTimersByTime(9_999);
    await expect(good()).rejects.toMatchObject({ code: "circuit-open" });
    vi.advanceTimersByTime(1);
    expect(await good()).toBe("done");
  });

  it("refuses others at once while one tries", async () => {
    await fail(3);
    vi.advanceTimersByTime(10_000);
    let end: () => void = () => {};
    const trying = circuit.run(
      () =>
        new Promise<void>((resolve) => {
          end = resolve;
        }),
    );
    expect(circuit.show().state).toBe("HALF_OPEN");
    await expect(good()).rejects.toMatchObject({ code: "circuit-open" });
    end();
    await trying;
    expect(await good()).toBe("done");
  });

  it("is open as long as something is known to be wrong, and closed at once after that", async () => {
    await fail(1);
    circuit.hold("HAProxy does not answer");
    expect(circuit.show().state).toBe("OPEN");
    await expect(good()).rejects.toMatchObject({
      code: "circuit-open",
      message: "Circuit is open: HAProxy does not answer",
    });
    circuit.hold("HAProxy is gone");
    await expect(good()).rejects.toThrow("HAProxy is gone");
    circuit.hold(null);
    expect(circuit.show()).toMatchObject({ state: "CLOSED", failureCount: 0 });
    expect(await good()).toBe("done");
  });

  it("tells each time that it opens, for whatever reason, and not that it stays open", async () => {
    await fail(2);
    expect(openings).toBe(0);
    await fail(1);
    expect(openings).toBe(1);
    circuit.hold("HAProxy does not answer");
    circuit.hold("HAProxy is gone");
    expect(openings).toBe(1);
    circuit.hold(null);
    circuit.hold("HAProxy does not answer");
    circuit.hold(null);
    expect([openings, circuit.show().state]).toEqual([2, "CLOSED"]);
    await fail(3);
    vi.advanceTimersByTime(10_000);
    await fail(1);
    expect(openings).toBe(4);
  });

  it("shows when it changed, and when something has failed last", async () => {
    expect(circuit.show()).toMatchObject({ lastStateChange: "2026-11-29T12:00:00.000Z", lastFailure: null });
    vi.advanceTimersByTime(1000);
    await fail(1);
    vi.advanceTimersByTime(1000);
    await fail(2);
    vi.advanceTimersByTime(1000);
    expect(circuit.show()).toMatchObject({
      lastStateChange: "2026-11-29T12:00:02.000Z",
      lastFailure: "2026-11-29T12:00:02.000Z",
    });
  });
});
