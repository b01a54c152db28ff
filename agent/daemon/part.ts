import type { Registry } from "prom-client";
import type { DaemonConfig } from "./config.ts";
import type { Pages } from "./http.ts";
import type { Fields, Log } from "./log.ts";
import type { StateFile } from "./stateFile.ts";

/** What the daemon gives to each of its parts. */
export interface PartContext {
  readonly log: Log;
  /** For the part's own metrics; each sets its value when it is read. */
  readonly registry: Registry;
  /** What outlives the daemon; every part has sections of its own. */
  readonly state: StateFile;
}

/**
 * A part of the daemon. It works between `start` and `stop` and may be started again with another config: what it
 * knows stays with it in between.
 */
export interface Part<Section extends keyof DaemonConfig = keyof DaemonConfig> {
  readonly name: string;
  /** The section of the daemon's config that it takes; without that section it does not run. */
  readonly section: Section;
  /** What it answers over HTTP, by path. */
  readonly pages: Pages;
  /** Metrics in Prometheus' text format besides those of the registry, whose every series stays in memory. */
  metrics?(): string;
  /** Throws where it cannot use the config; then nothing of it runs. */
  start(config: NonNullable<DaemonConfig[Section]>): void;
  /**
   * Writes what it knows to disk before it returns, and starts no further work; what it has set up goes on serving.
   * Resolves when what was under way has ended: from then on it may be started again.
   */
  stop(): Promise<void>;
  /** When its last round ended, or else when it was started, on the monotonic clock, ms. The watchdog reads it. */
  turnedAtMs(): number;
}

/** Whether this node can serve what a part is for: a plain value, whatever the part measures. */
export interface Fitness {
  /** Names of what is essential and does not work here. */
  readonly dead: readonly string[];
  /** When each thing that this rests on was last measured, epoch ms, by its name. */
  readonly measuredAtMs: Readonly<Record<string, number>>;
}

/** A part whose fitness decides whether this node is a candidate for the virtual address. */
export interface FitnessSource {
  fitness(): Fitness;
  /** Another measurement of everything is due now. */
  remeasure(): void;
  /** Writes to this part's own logs that the address moves, and why. */
  announce(sentence: string, fields: Fields): void;
}
