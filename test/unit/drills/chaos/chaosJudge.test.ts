import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { chaosBudget } from "../../../../drills/budgets.ts";
import { judgeEpisode, type SeenEpisode } from "../../../../drills/chaos/judgeEpisode.ts";
import type { HolderChange } from "../../../../drills/measure/holding.ts";
import { type Probe, servedAtMs } from "../../../../drills/measure/outage.ts";

const takes = (node: string, atMs: number): HolderChange => ({ atMs, node, holds: true });
const loses = (node: string, atMs: number): HolderChange => ({ atMs, node, holds: false });
/** An attempt every 100 ms, of which those that begin in [from, to) fail. */
const attempts = (fromMs: number, toMs: number, lastMs = 20_000): readonly Probe[] =>
  Array.from({ length: lastMs / 100 }, (_, index) => index * 100).map((startMs) => ({
    startMs,
    endMs: startMs + 10,
    ...(startMs >= fromMs && startMs < toMs && { failure: "timeout" }),
  }));

/** From 1 s on a fault, healed at 3 s, all seen well at 20 s; `haproxy1` holds the address. */
const seen = (change: Partial<SeenEpisode> = {}): SeenEpisode => ({
  fromMs: 1000,
  healedMs: 3000,
  toMs: 20_000,
  probes: attempts(0, 0),
  changes: [takes("haproxy1", 0)],
  unhealthy: undefined,
  left: [],
  rows: { acknowledged: 5, lost: [] },
  routes: undefined,
  parting: undefined,
  ...change,
});

describe("an episode of random faults", () => {
  test("is without violation where clients were served and one node held the address", () => {
    expect(judgeEpisode(seen())).toEqual({
      recoveryMs: 10,
      twoHoldersMs: 0,
      acknowledged: 5,
      lost: [],
      violations: [],
    });
  });

  test("may serve nobody and have no holder as long as its faults last: both nodes may be dead", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 3000 }),
        fc.integer({ min: 0, max: 2999 }),
        (servedMs, lostMs) => {
          const changes = [takes("haproxy1", 0), loses("haproxy1", lostMs), takes("haproxy2", 3000)];
          const { violations } = judgeEpisode(seen({ probes: attempts(0, servedMs), changes }));
          expect(violations).toEqual([]);
        },
      ),
    );
  });

  test("recovers when clients are served and one node holds the address, whichever comes last", () => {
    expect(judgeEpisode(seen({ probes: attempts(0, 5000) })).recoveryMs).toBe(2010);
    const changes = [takes("haproxy1", 0), takes("haproxy2", 3000), loses("haproxy1", 7000)];
    expect(judgeEpisode(seen({ probes: attempts(0, 5000), changes, parting: cutOff })).recoveryMs).toBe(4000);
  });

  test("that recovers later than the budget is a violation, and says of what", () => {
    expect(judgeEpisode(seen({ probes: attempts(0, 13_100) })).violations).toEqual([
      "no new client was served within 10000 ms of the heal (10110 ms)",
    ]);
    const changes = [takes("haproxy1", 0), loses("haproxy1", 2000), takes("haproxy1", 13_001)];
    expect(judgeEpisode(seen({ changes })).violations).toEqual([
      "not exactly one holder within 10000 ms of the heal (10001 ms)",
    ]);
  });

  test("that never recovers is one too, and keeps what was not well", () => {
    const { recoveryMs, violations } = judgeEpisode(
      seen({
        probes: attempts(0, 20_000),
        changes: [],
        unhealthy: "no node holds 10.0.1.100",
        rows: undefined,
      }),
    );
    expect(recoveryMs).toBe(Number.POSITIVE_INFINITY);
    expect(violations).toEqual([
      "no new client was served within 10000 ms of the heal (never)",
      "not exactly one holder within 10000 ms of the heal (never)",
      "the pair did not become whole again: no node holds 10.0.1.100",
    ]);
  });

  const cutOff = { machine: "haproxy1", does: "cut", cut: { how: "port" } } as const;
  const two = [
    takes("haproxy1", 0),
    takes("haproxy2", 1500),
    loses("haproxy2", 1500 + chaosBudget.twoHoldersMs + 1),
  ];

  test("with two holders is a violation where the nodes can hear each other", () => {
    expect(judgeEpisode(seen({ changes: two })).violations).toEqual([
      "two holders for 501 ms, and the nodes could hear each other; budget 500 ms",
    ]);
  });

  test("with two holders says why where they are inevitable, and one of them gives up after the heal", () => {
    expect(judgeEpisode(seen({ changes: two, parting: cutOff }))).toMatchObject({
      twoHoldersMs: 501,
      parted: "haproxy1 is cut off (port): the nodes do not hear each other",
      violations: [],
    });
    const stays = [takes("haproxy1", 0), takes("haproxy2", 1500)];
    expect(judgeEpisode(seen({ changes: stays, parting: cutOff })).violations).toEqual([
      "not exactly one holder within 10000 ms of the heal (never)",
    ]);
  });

  test("violates what it must with a lost row, and with a lock that is left", () => {
    const left = ["process 7 (10.0.1.20, idle in transaction) in a transaction for 12.1 s"];
    const lost = Array.from({ length: 12 }, (_, index) => index);
    expect(judgeEpisode(seen({ rows: { acknowledged: 40, lost }, left })).violations).toEqual([
      "12 acknowledged rows are lost: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 …",
      `locks were left behind 10000 ms after the heal: ${left[0]}`,
    ]);
  });

  test("violates what it must with a lost change of a route, and with changes that are made late", () => {
    const good = { acknowledged: 40, lost: [], changedAfterMs: 900 };
    expect(judgeEpisode(seen({ routes: good }))).toMatchObject({ routes: good, violations: [] });
    const lost = ["w0-1: 11, and haproxy2 serves 1", "w0-2: 12, and haproxy2 serves 404 no such route"];
    expect(judgeEpisode(seen({ routes: { ...good, lost, changedAfterMs: 10_001 } })).violations).toEqual([
      `2 acknowledged changes of routes are lost: ${lost.join("; ")}`,
      "no change of routes was made on all nodes within 10000 ms of the heal (10001 ms)",
    ]);
  });
});

describe("new clients are served again", () => {
  test("with the first answer after which none fails for half a second", () => {
    expect(servedAtMs(attempts(0, 0), 3000)).toBe(3010);
    const flapping = attempts(0, 0).map((probe) =>
      [3200, 3700].includes(probe.startMs) ? { ...probe, failure: "ECONNRESET" } : probe,
    );
    expect(servedAtMs(flapping, 3000)).toBe(3810);
  });

  test("never, where no attempt of after the repair is answered", () => {
    expect(servedAtMs(attempts(3000, 20_000), 3000)).toBe(Number.POSITIVE_INFINITY);
    expect(servedAtMs([], 0)).toBe(Number.POSITIVE_INFINITY);
  });
});
