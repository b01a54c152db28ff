import { howAsked } from "./asking.ts";
import { budgets, type KindName } from "./budgets.ts";
import { egressOf } from "./drilledEgress.ts";
import type { DrilledPair } from "./drilledPair.ts";
import { kinds } from "./kinds.ts";
import { type DrillResult, judge } from "./measure/judge.ts";
import { watchHolders } from "./observe/watchHolders.ts";
import { playRound } from "./playRound.ts";
import { playRounds, type Rounds } from "./playRounds.ts";

export interface DrillOptions extends Rounds {
  readonly signal: AbortSignal;
}

/** Plays the rounds of a kind on a running pair and judges them. @throws Failure where the pair lacks what fails */
export async function runDrill(
  name: KindName,
  pair: DrilledPair,
  { signal, ...rounds }: DrillOptions,
): Promise<DrillResult> {
  const kind = kinds[name];
  if (kind.ask === "egress") egressOf(pair);
  const watch = watchHolders(pair.lab, pair.nodes, pair.vip.address);
  try {
    return await playRounds(
      (round) => playRound(kind, pair, watch, round, signal),
      (results) => judge(name, results, budgets[name], howAsked(kind)),
      rounds,
    );
  } finally {
    watch.stop();
  }
}
