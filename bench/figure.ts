import { Failure } from "../base/failure.ts";

/** One line of the bench's answer. */
export interface Figure {
  readonly figure: string;
  readonly value: number;
  readonly unit: string;
  /** Null where a figure only explains another. */
  readonly goal: number | null;
  /** On which side of the goal the value has to be. */
  readonly bound: "≤" | "≥";
  readonly ok: boolean;
  /** Of so many rounds; absent where a figure is not made of rounds. */
  readonly rounds?: number;
}

/** A figure that must not be above its goal. @throws Failure for a value that is no number */
export function atMost(goal: number, figure: string, value: number, unit: string): Figure {
  return { ...measured(figure, value, unit), goal, bound: "≤", ok: value <= goal };
}

/** A figure that must not be below its goal. @throws Failure for a value that is no number */
export function atLeast(goal: number, figure: string, value: number, unit: string): Figure {
  return { ...measured(figure, value, unit), goal, bound: "≥", ok: value >= goal };
}

/** A figure without a goal. @throws Failure for a value that is no number */
export function information(figure: string, value: number, unit: string): Figure {
  return { ...measured(figure, value, unit), goal: null, bound: "≤", ok: true };
}

/** Says of figures from how many rounds they come. */
export function ofRounds(rounds: number, figures: readonly Figure[]): Figure[] {
  return figures.map((figure) => ({ ...figure, rounds }));
}

/** JSON would turn what has no end or was not measured into `null`, and the record into one that nobody can read. */
function measured(figure: string, value: number, unit: string) {
  if (Number.isFinite(value)) return { figure, value, unit };
  throw new Failure(`"${figure}" came to ${value}: its end was not seen; measure this part again`);
}

/** The middle of the values, or the mean of the two in the middle. @throws where there is no value */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const below = sorted[Math.floor((sorted.length - 1) / 2)];
  const above = sorted[Math.ceil((sorted.length - 1) / 2)];
  if (below === undefined || above === undefined) throw new Error("no median of nothing");
  return (below + above) / 2;
}

/** A value with so many digits after the point: finer is noise. */
export function round(value: number, digits: number): number {
  const scale = 10 ** digits;
  return Math.round(value * scale) / scale;
}

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

/** Processor time by who used it. */
export interface CpuTimes {
  readonly haproxy: number;
  readonly pgbouncer: number;
  readonly postgresql: number;
  readonly pgbench: number;
}

/** Processor time of one transaction, µs. */
export interface TransactionCpu extends CpuTimes {
  readonly script: string;
  readonly way: string;
}
