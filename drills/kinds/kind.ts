import { run } from "../machine.ts";
import type { Drained } from "../measure/drained.ts";
import type { Probe } from "../measure/outage.ts";
import type { HolderWatch } from "../observe/watchHolders.ts";
import type { DrilledPair } from "../pair.ts";
import type { Shape } from "../shapes.ts";
import { waitUntil } from "../time.ts";

/** A kind of failure, made on purpose. */
export interface Kind {
  /** One line for the list of kinds. */
  readonly description: string;
  /**
   * What the clients ask for: `answer` reaches a pooler, `query` logs in and needs PostgreSQL too, `egress` goes out
   * through a proxy, with long connections held beside it. `route` asks the edge for a host name on a new connection,
   * `requests` does so 300 times a second on kept ones.
   */
  readonly ask: "answer" | "query" | "egress" | "route" | "requests";
  /** Whether SQL clients log in beside them, who have to be served all the time. */
  readonly sqlBeside?: true;
  /** An answer later than this counts as an outage, ms; default by `ask` (`paces`). */
  readonly promptMs?: number;
  /** So many rounds show everything once; without it, one in which each node fails. */
  readonly variants?: number;
  /** A round takes minutes. */
  readonly lengthy?: true;
  /** What the pair must be, or it cannot be made. */
  readonly needs?: Shape;
  /** Runs before anything is measured. @returns the node that is to fail; without this function, the holder */
  prepare?(preparation: Preparation): Promise<string>;
  /** Makes the failure, waits, and repairs it, while clients are measured. */
  play(round: Round): Promise<void>;
}

/** What a kind works with before a round is measured. */
export interface Preparation {
  readonly pair: DrilledPair;
  /** Number of the round, from 0. */
  readonly index: number;
  /** The node that fails: the holder, unless `prepare` named another. */
  readonly holder: string;
  readonly watch: HolderWatch;
  readonly signal: AbortSignal;
  /** Registers a repair: it runs at the end of the round, however the round ends. */
  restore(step: () => void | Promise<void>): void;
  /** Waits until the pair is as before: one holder, all daemons, all poolers. */
  healthy(): Promise<void>;
}

/** What a kind works with while a round is measured: waits between its steps, and what it reports. */
export interface Round extends Preparation {
  /** Waits until clients have been served without a break for half a second, all of it after `sinceMs`. */
  served(sinceMs: number): Promise<void>;
  /** Waits until `lengthMs` have passed since `sinceMs`. */
  elapsed(sinceMs: number, lengthMs: number): Promise<void>;
  /** The attempts that began at `sinceMs` or later and have ended. */
  probes(sinceMs: number): readonly Probe[];
  /** Reports that the failure is repaired now: `oneHolderAfterMs` and `lateClients` count from here. */
  repaired(): void;
  /** Reports something that must not happen. */
  fault(sentence: string): void;
  /** Reports the sessions that got neither an answer nor an error. */
  stranded(sessions: readonly string[]): void;
  /** Reports that long connections through these proxies may end from now on: the failure ends them. */
  mayLose(exits: readonly string[]): void;
  /** Reports that the failing node is gone now: requests that it had received get no answer. */
  nodeGone(): void;
  /** Reports how long a row stayed locked after the loss, ms. */
  released(afterMs: number): void;
  /** Reports what became of sessions while their target left. */
  drained(found: Drained): void;
  /** Reports how long the last session through the lost machine, or on the target that left, lasted after that, ms. */
  ended(afterMs: number): void;
  /** Reports how often the agent changed its preference. */
  switched(count: number): void;
  /** Reports the changes of routes that were acknowledged and are not served, as sentences. */
  lost(changes: readonly string[]): void;
}

/** The node that does not fail. */
export function otherNode({ pair, holder }: Pick<Preparation, "pair" | "holder">): string {
  const other = pair.nodes.find((node) => node !== holder);
  if (other === undefined) throw new Error("a pair has two nodes");
  return other;
}

const takenOverWithinMs = 5000;

/** Waits until another node than the failing one holds the address: the takeover is over. */
export function takenOver({
  holder,
  watch,
  signal,
}: Pick<Preparation, "holder" | "watch" | "signal">): Promise<void> {
  const problem = () =>
    watch.holders().some((node) => node !== holder) ? undefined : `no node took over from ${holder}`;
  return waitUntil(problem, takenOverWithinMs, signal);
}

/**
 * Moves the address to another node before every second round. After a thaw or a heal the node with the highest
 * priority wins: without this the others would never be the one that fails.
 */
export const otherHolder: NonNullable<Kind["prepare"]> = async (preparation) => {
  const { pair, index, holder, watch, healthy } = preparation;
  if (index % 2 === 0) return holder;
  await run(pair.lab, holder, ["systemctl", "restart", "keepalived"]);
  await takenOver(preparation);
  await healthy();
  return watch.holders()[0] ?? holder;
};
