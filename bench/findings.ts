import type { Figure } from "./figure.ts";
import type { CpuTimes } from "./pgbench/cost.ts";

/** What a part of the bench found. */
export interface Findings {
  readonly figures: readonly Figure[];
  /** Outage of every round, ms, by the kind of drill. */
  readonly outages?: Readonly<Record<string, DrillOutages>>;
  /** Where a transaction's time goes. */
  readonly cpu?: readonly TransactionCpu[];
}

interface DrillOutages {
  readonly budgetMs: number;
  readonly roundsMs: readonly number[];
}

/** Processor time of one transaction, µs. */
export interface TransactionCpu extends CpuTimes {
  readonly script: string;
  readonly way: string;
}
