import type { Probe } from "../measure/outage.ts";
import type { HolderWatch } from "../observe/watchHolders.ts";
import type { DrilledPair } from "../pair.ts";

/** A kind of failure, made on purpose. */
export interface Kind {
  /** One line for the list of kinds. */
  readonly description: string;
  /**
   * What the client asks for: `query` where a login has to be proven, not only a way to a pooler; `egress` for the way
   * out, where long connections are held beside it.
   */
  readonly ask: "answer" | "query" | "egress";
  /** From when on an answer that comes late is an outage, ms; default as `ask` has it. */
  readonly promptMs?: number;
  /** A round takes minutes. */
  readonly lengthy?: true;
  /** Runs before anything is measured. @returns the node that the failure is to strike; without it, the holder */
  prepare?(stage: Stage): Promise<string>;
  /** Makes the failure, waits it out, repairs it. */
  play(scene: Scene): Promise<void>;
}

/** What a kind of failure works with in one round: the pair as it is, and the waits between its steps. */
export interface Scene {
  readonly pair: DrilledPair;
  /** Counted from 0. */
  readonly round: number;
  /** The node that fails: the holder, unless the kind's preparation named another. */
  readonly holder: string;
  readonly watch: HolderWatch;
  readonly signal: AbortSignal;
  /** Makes sure of a repair: it is done at the end of the round too, in whatever way the round ends. */
  restore(step: () => void | Promise<void>): void;
  /** Waits until clients have been served without a break for half a second, all of it after the moment `sinceMs`. */
  served(sinceMs: number): Promise<void>;
  /** Waits until the pair is as before: one holder, all daemons, all poolers. */
  healthy(): Promise<void>;
  /** Waits until so long after the moment `sinceMs`: a failure or its after-effects have a length. */
  passed(sinceMs: number, lengthMs: number): Promise<void>;
  /** The failure has been repaired just now: clients are served from here on, and there is one holder, soon. */
  repaired(): void;
  /** Something that must not be was found. */
  fault(sentence: string): void;
  /** These sessions hear neither answer nor error any more. */
  stranded(sessions: readonly string[]): void;
  /** The attempts that have ended and that began at `sinceMs` or later. */
  probes(sinceMs: number): readonly Probe[];
  /** From now on the long connections through these proxies end by the nature of the failure. */
  mayLose(exits: readonly string[]): void;
  /** The node that fails is gone, with the questions that it had taken. */
  gone(): void;
  /** So often the preference changed. */
  switched(count: number): void;
}

/** The same before anything is measured: no client asks yet. */
export type Stage = Omit<Scene, "served" | "probes" | "stranded" | "mayLose" | "gone" | "switched">;
