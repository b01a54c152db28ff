import { describe, expect, test } from "vitest";
import { chaosResult, toldEpisode } from "../../../../drills/chaos/chaosResult.ts";
import { formatChaos } from "../../../../drills/chaos/formatChaos.ts";
import type { PlayedEpisode } from "../../../../drills/chaos/playEpisode.ts";
import { reproducer } from "../../../../drills/chaos/reproducer.ts";
import { jsonOf } from "../../../../drills/format.ts";

const played = (change: Partial<PlayedEpisode> = {}): PlayedEpisode => ({
  faults: [{ fault: { machine: "db1", does: "power" }, begunMs: 1500, healedMs: 2250.4 }],
  recoveryMs: 900,
  twoHoldersMs: 0,
  acknowledged: 10,
  lost: [],
  violations: [],
  broken: false,
  ...change,
});
const parted = played({
  faults: [
    { fault: { machine: "haproxy1", does: "cut", cut: { how: "port" } }, begunMs: 5000, healedMs: 6000 },
    { fault: { machine: "haproxy2", does: "kill", unit: "haproxy.service" }, begunMs: 5500, healedMs: 7000 },
  ],
  twoHoldersMs: 480,
  parted: "haproxy1 is cut off (port): the nodes do not hear each other",
  acknowledged: 30,
});
const violated = played({
  recoveryMs: Number.POSITIVE_INFINITY,
  acknowledged: 20,
  lost: [4],
  violations: ["1 acknowledged rows are lost: 4"],
});
const result = (...episodes: readonly PlayedEpisode[]) =>
  chaosResult(
    { seed: 7, seconds: 300 },
    episodes.map((episode, number) => toldEpisode(episode, number, 1000)),
  );

describe("the result of random faults", () => {
  test("is good without a violation, and adds up what was seen", () => {
    const { played: _, ...summary } = result(played(), parted);
    expect(summary).toEqual({
      kind: "chaos",
      seed: 7,
      seconds: 300,
      episodes: 2,
      faults: 3,
      acknowledged: 30,
      lost: 0,
      recoveryMs: { median: 900, p95: 900, max: 900 },
      twoHoldersMs: { median: 0, max: 0 },
      partedTwoHoldersMs: { median: 0, max: 480 },
      violations: [],
      ok: true,
    });
  });

  test("is bad with one, names its episode, and says never in JSON", () => {
    const bad = result(parted, violated);
    expect(bad).toMatchObject({
      ok: false,
      lost: 1,
      violations: ["episode 2: 1 acknowledged rows are lost: 4"],
    });
    expect(JSON.parse(jsonOf(bad)).recoveryMs.max).toBe("never");
  });

  test("has the changes of routes where the pair has any", () => {
    const withRoutes = (acknowledged: number, changedAfterMs: number, ...lost: readonly string[]) =>
      played({ routes: { acknowledged, lost, changedAfterMs } });
    const both = result(withRoutes(50, 800), withRoutes(90, 1200, "w0-1: 11, and haproxy2 serves 1"));
    expect(both.routes).toEqual({
      acknowledged: 90,
      lost: 1,
      changedAfterMs: { median: 800, p95: 1200, max: 1200 },
    });
    expect(formatChaos(both)).toMatch(/routes change again +800\.0 +1200\.0 +1200\.0\n/);
    expect(formatChaos(both)).toContain("changes of routes acknowledged: 90, lost: 1\n");
  });

  test("for people is a table and one sentence", () => {
    const text = formatChaos(result(played(), parted));
    expect(text).toContain("chaos, seed 7: 3 faults in 2 episodes\n");
    expect(text).toMatch(/recovery +900\.0 +900\.0 +900\.0\n/);
    expect(text).toContain("rows acknowledged: 30, lost: 0\n");
    expect(text).toContain("No violation");
    expect(formatChaos(result(violated))).toContain("1 violation.");
  });
});

describe("the reproducer of a violation", () => {
  test("is the command with the seed, and the faults with their times up to the violation, not beyond", () => {
    expect(reproducer(result(parted, violated, played()), ["--stack", "other"])).toBe(
      [
        "npm run drill -- chaos --seconds 300 --seed 7 --stack other",
        "     4.00 s to    5.00 s  haproxy1 is cut off (port)",
        "     4.50 s to    6.00 s  kill of haproxy.service on haproxy2",
        "                          episode 1: recovered after 900 ms, two holders for 480 ms (inevitable: haproxy1 is cut off (port): the nodes do not hear each other)",
        "     0.50 s to    1.25 s  power cut of db1",
        "                          episode 2: not recovered",
        "                          VIOLATION: 1 acknowledged rows are lost: 4",
      ].join("\n"),
    );
  });

  test("is nothing where there was no violation", () => {
    expect(reproducer(result(played()), [])).toBe("");
  });
});
