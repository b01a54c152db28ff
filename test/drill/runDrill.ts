import { asking } from "./asking.ts";
import { budgets, type KindName } from "./budgets.ts";
import { egressOf } from "./drilledEgress.ts";
import type { DrilledPair } from "./drilledPair.ts";
import { kinds } from "./kinds.ts";
import { type DrillResult, judge, type RoundResult } from "./measure/judge.ts";
import { watchHolders } from "./observe/watchHolders.ts";
import { playRound } from "./playRound.ts";

export interface DrillOptions {
  readonly rounds: number;
  readonly signal: AbortSignal;
  /** Told after each round, counted from 1. */
  readonly onRound?: (round: number, result: RoundResult) => void;
}

/** Plays the rounds of a kind on a running pair and judges them. @throws Failure where the pair lacks what fails */
export async function runDrill(
  name: KindName,
  pair: DrilledPair,
  { rounds, signal, onRound }: DrillOptions,
): Promise<DrillResult> {
  const kind = kinds[name];
  if (kind.ask === "egress") egressOf(pair);
  const watch = watchHolders(pair.lab, pair.nodes, pair.vip.address);
  try {
    const results: RoundResult[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const result = await playRound(kind, pair, watch, round, signal);
      results.push(result);
      onRound?.(round + 1, result);
    }
    return judge(name, results, budgets[name], asking[kind.ask].intervalMs);
  } finally {
    watch.stop();
  }
}
