import type { DrillResult } from "./measure/judge.ts";
import type { RoundResult } from "./measure/roundResult.ts";

export interface Rounds {
  readonly rounds: number;
  /** While a percentile alone is missed, rounds are added up to so many; default `rounds`. */
  readonly atMost?: number;
  /** Told after each round, counted from 1. */
  readonly onRound?: (round: number, result: RoundResult) => void;
}

/** Plays as many rounds as it takes to judge. @param play a round, counted from 0 */
export async function playRounds(
  play: (round: number) => Promise<RoundResult>,
  judged: (results: readonly RoundResult[]) => DrillResult,
  { rounds, atMost = rounds, onRound }: Rounds,
): Promise<DrillResult> {
  const results: RoundResult[] = [];
  for (;;) {
    const result = await play(results.length);
    results.push(result);
    onRound?.(results.length, result);
    if (results.length < rounds) continue;
    const all = judged(results);
    if (!all.doubtful || results.length >= atMost) return all;
  }
}
