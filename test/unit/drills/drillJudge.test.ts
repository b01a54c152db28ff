import { describe, expect, test } from "vitest";
import { judge } from "../../../drills/measure/judge.ts";
import { type RoundResult, seenResult } from "../../../drills/measure/roundResult.ts";
import { playRounds } from "../../../drills/runDrill.ts";
import { round } from "./drillFixtures.ts";

const often = { intervalMs: 10, promptMs: 20 };

describe("the judgement of a drill", () => {
  const promises = {
    twoHoldersMs: 50,
    noHolderMs: 250,
    moves: 1,
    lateClients: 0,
    stranded: 0,
    endedMs: 5000,
    lostChanges: 0,
    sqlOutageMs: 0,
  };
  const budget = { outageMs: 300, ...promises };

  test("is good where every bound is kept", () => {
    const result = judge("host-loss", [round(), round(), round()], budget, often);
    expect(result).toMatchObject({ ok: true, missed: [], failed: 60, budgetMs: 300, rounds: 3 });
    expect(result.outageMs).toEqual({ median: 200, p95: 200, max: 200 });
  });

  test.each([
    ["a long outage", { outageMs: 301 }, "outage (p95) 301 ms, budget 300 ms"],
    ["two holders for too long", { twoHoldersMs: 51 }, "time with two holders 51 ms, budget 50 ms"],
    ["no holder for too long", { noHolderMs: 251 }, "time without a holder 251 ms, budget 250 ms"],
    ["a second move", { moves: 2 }, "moves of the address in a round 2, budget 1"],
    ["late clients", { lateClients: 3 }, "clients not served at once after the repair 3, budget 0"],
    ["stranded sessions", { stranded: 1 }, "clients stranded 1, budget 0"],
    ["sessions that last", { endedMs: 5001 }, "time until the sessions had ended 5001 ms, budget 5000 ms"],
    ["a lost change", { lostChanges: 1 }, "acknowledged changes lost 1, budget 0"],
    ["an outage of SQL beside it", { sqlOutageMs: 40 }, "outage of SQL 40 ms, budget 0 ms"],
    ["a prober that stalled", { longestGapMs: 151 }, "pause between two probes (p95) 151 ms, budget 150 ms"],
    ["a fault of the kind's own", { faults: ["a session hung"] }, "round 2: a session hung"],
  ])("names %s", (_, change, sentence) => {
    expect(judge("host-loss", [round(), round(change)], budget, often)).toMatchObject({
      ok: false,
      missed: [sentence],
    });
  });

  test.each([
    ["an outage", { outageMs: 301 }],
    ["a stalled prober", { longestGapMs: 151 }],
  ])("leaves %s in one of few rounds to more rounds", (_, change) => {
    expect(judge("host-loss", [round(), round(change)], budget, often).doubtful).toBe(true);
    const many = [round(change), ...Array.from({ length: 19 }, () => round())];
    expect(judge("host-loss", many, budget, often)).toMatchObject({ ok: true, doubtful: false });
  });

  test.each([
    ["two holders", { twoHoldersMs: 51 }],
    ["a late client", { lateClients: 1 }],
    ["a stranded session", { stranded: 1 }],
    ["a fault", { faults: ["a session hung"] }],
  ])("fails by %s in one round, however many rounds there are", (_, change) => {
    const many = [round({ ...change, outageMs: 301 }), ...Array.from({ length: 19 }, () => round())];
    expect(judge("host-loss", many, budget, often)).toMatchObject({ ok: false, doubtful: false });
  });

  test("late clients and stranded sessions add up over the rounds, each a number of its own", () => {
    const rounds = [round({ lateClients: 1, stranded: 2 }), round({ lateClients: 4, stranded: 0 })];
    expect(judge("freeze", rounds, budget, often)).toMatchObject({ lateClients: 5, stranded: 2 });
    expect(judge("polite", [round()], budget, often)).not.toHaveProperty("lateClients");
  });

  test("accepts pauses of a prober up to five intervals: the jitter of a busy host", () => {
    const tight = { outageMs: 50 };
    const judged = (longestGapMs: number) =>
      judge("polite", [round({ outageMs: 0, longestGapMs })], tight, often);
    expect(judged(50).ok).toBe(true);
    expect(judged(51).ok).toBe(false);
  });

  test("a kind that may not lose a connection fails by a single one", () => {
    const rounds = [round({ outageMs: 0, failures: { ECONNRESET: 1 } })];
    const { ok, missed } = judge("rejoin", rounds, { outageMs: 0, failed: 0 }, often);
    expect({ ok, missed }).toEqual({ ok: false, missed: ["failed connections 1, budget 0"] });
  });

  test("long connections add up, and the round with the most switches counts", () => {
    const rounds = [
      round({ tunnels: { opened: 200, ended: 100, lost: 0 }, switches: 1 }),
      round({ tunnels: { opened: 200, ended: 90, lost: 2 }, switches: 5 }),
    ];
    const result = judge("egress-flap", rounds, { outageMs: 300, switches: 4 }, often);
    expect(result).toMatchObject({
      tunnels: { opened: 400, ended: 190, lost: 2 },
      switches: 5,
      missed: ["switches in a round 5, budget 4"],
    });
  });

  test("failed connections may have a bound for each round", () => {
    const rounds = [round({ failures: { timeout: 30 } }), round({ failures: { timeout: 20, closed: 21 } })];
    const { missed } = judge("egress-flap", rounds, { outageMs: 300, failedInRound: 40 }, often);
    expect(missed).toEqual(["failed connections in a round 41, budget 40"]);
  });

  test("two holders that stay after a repair miss a budget of one second", () => {
    const rounds = [round({ oneHolderAfterMs: Number.POSITIVE_INFINITY })];
    expect(judge("partition", rounds, { outageMs: 300, oneHolderAfterMs: 1000 }, often).ok).toBe(false);
  });
});

describe("rounds are played", () => {
  const played = async (...changes: Partial<RoundResult>[]) => {
    const budget = { outageMs: 300, stranded: 0 };
    const result = await playRounds(
      async (index) => round(changes[index]),
      (results) => judge("freeze", results, budget, often),
      { rounds: 3, atMost: 20 },
    );
    return { rounds: result.rounds, ok: result.ok };
  };

  test("so many, where they are good", async () => {
    expect(await played()).toEqual({ rounds: 3, ok: true });
  });

  test("and more where a percentile alone is missed, with the bad round among them", async () => {
    expect(await played({ outageMs: 301 })).toEqual({ rounds: 20, ok: true });
    expect(await played({ outageMs: 301 }, {}, {}, { outageMs: 400 })).toEqual({ rounds: 20, ok: false });
  });

  test("and no more once something happened that must never happen", async () => {
    expect(await played({ stranded: 1 })).toEqual({ rounds: 3, ok: false });
    expect(await played({ outageMs: 301 }, {}, {}, {}, { stranded: 1 })).toEqual({ rounds: 5, ok: false });
  });
});

describe("what one round measured", () => {
  const changes = [{ atMs: 0, node: "a", holds: true }];
  const probes = [50, 100, 150, 200].map((startMs) => ({ startMs, endMs: startMs + 1 }));
  const lost = { startMs: 160, endMs: 1160, failure: "timeout" };
  const seen = { changes, fromMs: 100, toMs: 200, repairedMs: undefined, promptMs: 20, atOnceMs: 20 };

  test("is what began in its span", () => {
    const outside = { ...lost, startMs: 250 };
    expect(seenResult({ ...seen, probes: [...probes, outside] })).toEqual({
      outageMs: 0,
      slowestAnswerMs: 1,
      longestGapMs: 50,
      twoHoldersMs: 0,
      noHolderMs: 0,
      moves: 0,
      failures: {},
    });
  });

  test("has late clients and one holder only where something was repaired", () => {
    const repaired = seenResult({ ...seen, probes: [...probes, lost], repairedMs: 155 });
    expect(repaired).toMatchObject({ lateClients: 1, oneHolderAfterMs: 0, failures: { timeout: 1 } });
    const broken = seenResult({ ...seen, probes: [...probes, lost] });
    expect(broken).not.toHaveProperty("lateClients");
  });
});
