import type { Drained } from "./drained.ts";
import { countMoves, type HolderChange, holding, oneHolderAfterMs, type Span } from "./holding.ts";
import { countLate, longestGapMs, outageMs, type Probe, slowestAnswerMs } from "./outage.ts";
import type { TunnelResult } from "./tunnels.ts";

/** What one round measured. */
export interface RoundResult {
  readonly outageMs: number;
  readonly slowestAnswerMs: number;
  /** The longest time in which the prober began no attempt: a shorter outage may have gone unseen. */
  readonly longestGapMs: number;
  readonly twoHoldersMs: number;
  readonly noHolderMs: number;
  /** How often a node took the address. */
  readonly moves: number;
  /** Time from the repair until exactly one node holds the address, and keeps it; absent where nothing is repaired. */
  readonly oneHolderAfterMs?: number;
  /** Clients that arrived after the repair and were not served at once; absent where nothing is repaired. */
  readonly lateClients?: number;
  /** Sessions that got neither an answer nor an error; absent where none are held. */
  readonly stranded?: number;
  /** Time from the loss until a row was free that an open transaction had locked; absent where none was. */
  readonly releasedMs?: number;
  /** Time from the loss of a machine, or from a target's leaving, until the last session through it had ended; absent where none was lost. */
  readonly endedMs?: number;
  /** Present where a target left a route. */
  readonly drained?: Drained;
  /** Present where long connections were held. */
  readonly tunnels?: TunnelResult;
  /** How often the preference changed, where that is counted. */
  readonly switches?: number;
  /** Changes of routes that were acknowledged and then not served; absent where none were made. */
  readonly lostChanges?: number;
  /** The outage that SQL clients saw meanwhile; absent where none were beside. */
  readonly sqlOutageMs?: number;
  /** Interfaces that AWS gives the address to at the end; on EC2 alone. */
  readonly owners?: number;
  /** Connections that failed, by what went wrong. */
  readonly failures: Readonly<Record<string, number>>;
  /** What must not happen and did, as sentences. */
  readonly faults: readonly string[];
}

/** What was observed from outside, and the span of time that counts. */
export interface Seen extends Span {
  /** Every attempt that began in the span, and possibly others; all have ended. */
  readonly probes: readonly Probe[];
  readonly changes: readonly HolderChange[];
  readonly repairedMs: number | undefined;
  readonly promptMs: number;
  readonly atOnceMs: number;
}

type SeenResult = Omit<
  RoundResult,
  | "stranded"
  | "releasedMs"
  | "endedMs"
  | "drained"
  | "tunnels"
  | "switches"
  | "lostChanges"
  | "sqlOutageMs"
  | "owners"
  | "faults"
>;

export function seenResult({ changes, repairedMs, promptMs, atOnceMs, ...seen }: Seen): SeenResult {
  const { fromMs, toMs } = seen;
  const probes = seen.probes.filter(({ startMs }) => startMs >= fromMs && startMs < toMs);
  return {
    outageMs: outageMs(probes, promptMs),
    slowestAnswerMs: slowestAnswerMs(probes),
    longestGapMs: longestGapMs(probes, { fromMs, toMs }),
    ...holding(changes, { fromMs, toMs }),
    moves: countMoves(changes, { fromMs, toMs }),
    ...(repairedMs !== undefined && {
      oneHolderAfterMs: oneHolderAfterMs(changes, { fromMs: repairedMs, toMs }),
      lateClients: countLate(probes, { sinceMs: repairedMs, promptMs, atOnceMs }),
    }),
    failures: countFailures(probes),
  };
}

function countFailures(probes: readonly Probe[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { failure } of probes) if (failure !== undefined) counts[failure] = (counts[failure] ?? 0) + 1;
  return counts;
}
