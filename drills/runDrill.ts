import { budgets, type KindName } from "./budgets.ts";
import { paceOf } from "./clients/pace.ts";
import { kinds } from "./kinds/kinds.ts";
import { type DrillResult, judge } from "./measure/judge.ts";
import type { RoundResult } from "./measure/roundResult.ts";
import { watchHolders } from "./observe/watchHolders.ts";
import { watchOwner } from "./observe/watchOwner.ts";
import { type DrilledPair, egressOf } from "./pair.ts";
import { playRound } from "./playRound.ts";
import { assertShape } from "./shapes.ts";

export interface DrillOptions extends Rounds {
  readonly signal: AbortSignal;
}

/** Plays the rounds of a kind on a running pair and judges them. @throws Failure where the pair lacks what the kind needs */
export async function runDrill(
  name: KindName,
  pair: DrilledPair,
  { signal, ...rounds }: DrillOptions,
): Promise<DrillResult> {
  const kind = kinds[name];
  if (kind.ask === "egress") egressOf(pair);
  assertShape(name, kind.needs, pair);
  const watch = watchHolder(pair);
  try {
    return await playRounds(
      (round) => playRound(kind, pair, watch, round, signal),
      (results) => judge(name, results, budgets[name], paceOf(kind)),
      rounds,
    );
  } finally {
    watch.stop();
  }
}

/** On EC2 every node has the address on an interface, and AWS delivers it to one of them. */
function watchHolder({ lab, nodes, vip, ec2 }: DrilledPair) {
  return ec2 ? watchOwner(lab, vip.address) : watchHolders(lab, nodes, vip.address);
}

export interface Rounds {
  readonly rounds: number;
  /** While only a percentile misses its budget, rounds are added up to this number; default `rounds`. */
  readonly atMost?: number;
  /** Called after each round; `round` counts from 1. */
  readonly onRound?: (round: number, result: RoundResult) => void;
}

/** Plays as many rounds as a judgement needs. @param play plays the round of this index, from 0 */
export async function playRounds(
  play: (round: number) => Promise<RoundResult>,
  judgeAll: (results: readonly RoundResult[]) => DrillResult,
  { rounds, atMost = rounds, onRound }: Rounds,
): Promise<DrillResult> {
  const results: RoundResult[] = [];
  for (;;) {
    const result = await play(results.length);
    results.push(result);
    onRound?.(results.length, result);
    if (results.length < rounds) continue;
    const judged = judgeAll(results);
    if (!judged.doubtful || results.length >= atMost) return judged;
  }
}
