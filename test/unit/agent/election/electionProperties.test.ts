import fc from "fast-check";
import { expect, it } from "vitest";
import { elect } from "../../../../agent/egress/election/elect.ts";
import { adopt, emptyMemory } from "../../../../agent/egress/memory.ts";
import { allDown, always, group, inputs, play, type Step } from "./electionHistories.ts";

const isReal = (server: string) => server.startsWith("wg");

/** The rule, written a second time from the test's input: the last observation and haproxy's view. */
function working(step: Step, server: string): boolean {
  const { verdict, input } = step;
  const view = input.haproxy?.[server];
  const state = verdict.memory.servers.find(({ name }) => name === server)?.state;
  if (view === "down") return allDown(step) && state === "online";
  return view !== "maint" && (state === "online" || (state === null && view === "up"));
}

/** Neither haproxy nor a measurement has said anything about the server. */
function unknown({ verdict, input }: Step, server: string): boolean {
  return (
    input.haproxy?.[server] === undefined &&
    verdict.memory.servers.find(({ name }) => name === server)?.state === null
  );
}

const switchOf = ({ verdict }: Step) => verdict.events.find((event) => event.kind === "switch");

it("a server that carries traffic is preferred whenever there is one", () => {
  always((step, { servers }) => {
    if (!servers.some(({ name }) => working(step, name))) return;
    const { preferred } = step.verdict.memory;
    expect(preferred !== null && (working(step, preferred) || unknown(step, preferred))).toBe(true);
  });
});

it("where no server carries traffic, one that haproxy says is up is preferred", () => {
  always((step, { servers }) => {
    if (servers.some(({ name }) => working(step, name) || unknown(step, name))) return;
    if (!servers.some(({ name }) => step.input.haproxy?.[name] === "up")) return;
    expect(step.input.haproxy?.[step.verdict.memory.preferred ?? ""]).toBe("up");
  });
});

it("a server in an operator's maint is never switched to, and its sessions are not closed", () => {
  always((step) => {
    const maint = (server: string | undefined) => step.input.haproxy?.[server ?? ""] === "maint";
    expect(maint(switchOf(step)?.to)).toBe(false);
    expect(step.verdict.dead.some(maint)).toBe(false);
  });
});

it("no switch goes to a server in hold-down or a last resort while a real server out of hold-down carries traffic", () => {
  always((step, { servers }) => {
    const moved = switchOf(step);
    const free = (server: string) =>
      step.verdict.memory.servers.some(
        ({ name, heldUntilMs }) => name === server && heldUntilMs <= step.input.nowMs,
      );
    if (moved === undefined) return;
    if (!servers.some(({ name }) => isReal(name) && free(name) && working(step, name))) return;
    expect(free(moved.to) && isReal(moved.to)).toBe(true);
  });
});

it("a last resort is preferred only while every real server fails or is in hold-down", () => {
  always((step, { servers }) => {
    const { memory } = step.verdict;
    const { preferred } = memory;
    if (preferred === null || isReal(preferred) || unknown(step, preferred)) return;
    for (const { name } of servers)
      if (isReal(name) && working(step, name))
        expect(memory.servers.find((one) => one.name === name)?.heldUntilMs).toBeGreaterThan(
          step.input.nowMs,
        );
  });
});

it("a better server wins only after the whole dwell", () => {
  fc.assert(
    fc.property(group, inputs, (config, history) => {
      let sinceMs = Number.NEGATIVE_INFINITY;
      for (const step of play(config, history)) {
        const moved = switchOf(step);
        if (moved === undefined) continue;
        if (moved.why === "better")
          expect(step.input.nowMs - sinceMs).toBeGreaterThanOrEqual(config.hysteresis.dwellS * 1000);
        sinceMs = step.input.nowMs;
      }
    }),
    { numRuns: 500 },
  );
});

it("a preference that works is left only for a server that is better by the margin, or a last resort for a real server", () => {
  always((step, { hysteresis }) => {
    const moved = switchOf(step);
    if (moved?.from == null || !working(step, moved.from)) return;
    const ewma = (server: string) =>
      step.verdict.memory.servers.find(({ name }) => name === server)?.ewmaMs ?? 0;
    if (moved.why === "recovered") expect([isReal(moved.from), isReal(moved.to)]).toEqual([false, true]);
    else {
      expect(moved.why).toBe("better");
      expect(ewma(moved.from) - ewma(moved.to)).toBeGreaterThanOrEqual(
        Math.max(hysteresis.marginMs, (ewma(moved.from) * hysteresis.marginPercent) / 100),
      );
    }
  });
});

it("a switch is reported exactly where the preference changes, and names the preferred server", () => {
  always((step) => {
    const { verdict, before } = step;
    expect(switchOf(step)?.to ?? before.preferred).toBe(verdict.memory.preferred);
    expect(switchOf(step)?.from).not.toBe(verdict.memory.preferred);
  });
});

it("a failure begins a hold-down, which is never longer than its limit", () => {
  always(({ before, input, verdict }, { hysteresis }) => {
    const failed = verdict.memory.servers.filter(
      ({ failedAtMs }, index) => failedAtMs !== before.servers[index]?.failedAtMs,
    );
    for (const after of failed) {
      expect(after).toMatchObject({ usable: false, ewmaMs: null });
      if (after.failedAtMs === input.nowMs)
        expect(after.heldUntilMs).toBeGreaterThanOrEqual(input.nowMs + hysteresis.holdDownS * 1000);
    }
    for (const { heldUntilMs } of verdict.memory.servers)
      expect(heldUntilMs - input.nowMs).toBeLessThanOrEqual(hysteresis.maxHoldDownS * 1000);
  });
});

it("a server is dead exactly where haproxy and the last observation agree", () => {
  always(({ input, verdict }) => {
    const agreed = verdict.memory.servers.filter(
      ({ name, state }) => input.haproxy?.[name] === "down" && (state === "degraded" || state === "offline"),
    );
    expect(verdict.dead).toEqual(agreed.map(({ name }) => name));
  });
});

it("where haproxy has no server up, one that answers the agent works, and does not fail when another is up again", () => {
  let spared = 0;
  always((step) => {
    for (const [index, after] of step.verdict.memory.servers.entries()) {
      const before = step.before.servers[index];
      if (step.input.haproxy?.[after.name] !== "down" || after.state !== "online") continue;
      if (!allDown(step) && !before?.unchecked) continue;
      if (before?.usable) spared += 1;
      expect(after).toMatchObject({ usable: allDown(step), failedAtMs: before?.failedAtMs });
      expect(after.failures).toBeLessThanOrEqual(before?.failures ?? 0);
    }
  });
  expect(spared).toBeGreaterThan(0);
});

it("the same history gives the same verdicts, also with the memory on disk in between, and changes nothing in place", () => {
  fc.assert(
    fc.property(group, inputs, (config, history) => {
      const steps = play(config, history);
      let stored = JSON.stringify(emptyMemory(config));
      for (const { input, verdict, before } of steps) {
        expect(JSON.stringify(before)).toBe(stored);
        const again = elect(config, adopt(config, JSON.parse(stored)), structuredClone(input));
        expect(again).toEqual(verdict);
        stored = JSON.stringify(again.memory);
      }
    }),
    { numRuns: 300 },
  );
});
