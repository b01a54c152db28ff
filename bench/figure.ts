import { Failure } from "../base/failure.ts";
import type { CurvePoint } from "./failover/curve.ts";

/** One line of the bench's result. */
export interface Figure {
  readonly figure: string;
  readonly value: number;
  readonly unit: string;
  /** Null where a figure is for comparison only. */
  readonly goal: number | null;
  /** On which side of the goal the value has to be. */
  readonly bound: "≤" | "≥";
  readonly ok: boolean;
  /** Number of rounds that it comes from; absent where it does not come from rounds. */
  readonly rounds?: number;
}

/** A figure that must not be above its goal. @throws Failure for a value that is not finite */
export function atMost(goal: number, figure: string, value: number, unit: string): Figure {
  return { ...measured(figure, value, unit), goal, bound: "≤", ok: value <= goal };
}

/** A figure that must not be below its goal. @throws Failure for a value that is not finite */
export function atLeast(goal: number, figure: string, value: number, unit: string): Figure {
  return { ...measured(figure, value, unit), goal, bound: "≥", ok: value >= goal };
}

/** A figure without a goal. @throws Failure for a value that is not finite */
export function information(figure: string, value: number, unit: string): Figure {
  return { ...measured(figure, value, unit), goal: null, bound: "≤", ok: true };
}

/** The figures, with the number of rounds that they come from. */
export function ofRounds(rounds: number, figures: readonly Figure[]): Figure[] {
  return figures.map((figure) => ({ ...figure, rounds }));
}

/** JSON would turn `Infinity` and `NaN` into `null`, and the record could not be read again. */
function measured(figure: string, value: number, unit: string) {
  if (Number.isFinite(value)) return { figure, value, unit };
  throw new Failure(`"${figure}" is ${value}: the measurement did not see its end; measure this part again`);
}

/** The middle value, or the mean of the two in the middle. @throws where there is no value */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const below = sorted[Math.floor((sorted.length - 1) / 2)];
  const above = sorted[Math.ceil((sorted.length - 1) / 2)];
  if (below === undefined || above === undefined) throw new Error("a median needs at least one value");
  return (below + above) / 2;
}

/**
 * The median of the ratios of each round: a machine's speed changes more from minute to minute than what is compared.
 * @throws where a round lacks one of the two, or there is no round
 */
export function ratioByRound(ones: readonly number[], others: readonly number[]): number {
  if (ones.length !== others.length) throw new Error("a ratio by round needs both values of each");
  return median(ones.map((one, index) => one / (others[index] ?? Number.NaN)));
}

/** The value that this part of all values, from 0 to 1, does not exceed. @throws where there is no value */
export function quantile(values: readonly number[], part: number): number {
  const value = values.toSorted((a, b) => a - b)[Math.max(Math.ceil(values.length * part) - 1, 0)];
  if (value === undefined) throw new Error("a quantile needs at least one value");
  return value;
}

/** A value with so many digits after the point: the rest is noise. */
export function round(value: number, digits: number): number {
  const scale = 10 ** digits;
  return Math.round(value * scale) / scale;
}

/** What a part of the bench measured. */
export interface Findings {
  readonly figures: readonly Figure[];
  /** Outages by kind of drill. */
  readonly outages?: Readonly<Record<string, DrillOutages>>;
  /** Processor time of a transaction. */
  readonly cpu?: readonly TransactionCpu[];
  /** What each interval of adverts costs and bears. */
  readonly curve?: readonly CurvePoint[];
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
