import { describe, expect, test } from "vitest";
import type { Kind } from "../../drills/kinds/kind.ts";
import { watchHolders } from "../../drills/observe/watchHolders.ts";
import type { DrilledPair } from "../../drills/pair.ts";
import { playRound } from "../../drills/playRound.ts";
import { nowMs } from "../../drills/time.ts";

/** A test for each kind of client: the measurement itself finds no outage where nothing fails. */
export function seesNothing(pair: () => DrilledPair, asks: readonly Kind["ask"][]): void {
  describe("the measurement itself", () => {
    test.each(asks)("sees no outage where nothing fails (%s)", async (ask) => {
      const nothing: Kind = {
        description: "nothing fails",
        ask,
        // The clients themselves load the two cores of a small machine: slow answers are not an outage here.
        promptMs: 200,
        play: ({ elapsed }) => elapsed(nowMs(), 2000),
      };
      const { lab, nodes, vip } = pair();
      const watch = watchHolders(lab, nodes, vip.address);
      try {
        const {
          slowestAnswerMs: _,
          longestGapMs: __,
          ...result
        } = await playRound(nothing, pair(), watch, 0, AbortSignal.timeout(60_000));
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
    });
  });
}
