import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { kindNames } from "../../drills/budgets.ts";
import type { Kind } from "../../drills/kinds/kind.ts";
import { kinds } from "../../drills/kinds/kinds.ts";
import { watchHolders } from "../../drills/observe/watchHolders.ts";
import { type DrilledPair, drilledPair } from "../../drills/pair.ts";
import { playRound } from "../../drills/playRound.ts";
import { runDrill } from "../../drills/runDrill.ts";
import { nowMs } from "../../drills/time.ts";
import { type TestStack, testStack } from "../harness/testStack.ts";
import { quickEgress } from "./quickEgress.ts";

let stack: TestStack;
let pair: DrilledPair;

beforeAll(async () => {
  stack = await testStack("t-drill", quickEgress());
  pair = drilledPair(stack.topology, await stack.outputs());
});

afterAll(() => stack?.destroy());

describe("the measurement itself", () => {
  test.each(["answer", "query", "egress"] as const)(
    "sees no outage where nothing fails (%s)",
    async (ask) => {
      const nothing: Kind = {
        description: "nothing fails",
        ask,
        // The clients themselves load the two cores of a small machine: slow answers are not an outage here.
        promptMs: 200,
        play: ({ elapsed }) => elapsed(nowMs(), 2000),
      };
      const watch = watchHolders(pair.lab, pair.nodes, pair.vip.address);
      try {
        const {
          slowestAnswerMs: _,
          longestGapMs: __,
          ...result
        } = await playRound(nothing, pair, watch, 0, AbortSignal.timeout(60_000));
        expect(result).toEqual({
          outageMs: 0,
          twoHoldersMs: 0,
          noHolderMs: 0,
          moves: 0,
          failures: {},
          faults: [],
          ...(ask === "egress" && { tunnels: { opened: 200, ended: 0, lost: 0 } }),
        });
      } finally {
        watch.stop();
      }
    },
  );
});

/**
 * Of three rounds the 95th percentile is the worst one: where only that is too long, the drill goes on to as many
 * rounds as a percentile needs. Any other limit that is missed fails at once.
 */
const rounds = { rounds: 3, atMost: 20, roundMs: 42_000 };
/** A round of egress-slow or egress-flap takes minutes, and has many failures in it. */
const lengthyRounds = { rounds: 1, atMost: 2, roundMs: 240_000 };

describe("clients see no more than the budget", () => {
  test.each(kindNames)("%s", async (kind) => {
    const { lengthy, variants = 0 } = kinds[kind];
    const { roundMs, ...some } = lengthy ? lengthyRounds : rounds;
    const count = { ...some, rounds: Math.max(some.rounds, variants) };
    const signal = AbortSignal.timeout(count.atMost * roundMs);
    const result = await runDrill(kind, pair, { ...count, signal });
    expect(result, JSON.stringify(result)).toMatchObject({ missed: [], ok: true });
  });
});
