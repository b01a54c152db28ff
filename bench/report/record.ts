import { availableParallelism, cpus, release, totalmem } from "node:os";
import * as z from "zod";
import { CurvePoint } from "../failover/curve.ts";
import type { Figure, Findings } from "../figure.ts";

/** `bench/results.json`: the latest of every figure, measured on one machine. */
export const BenchRecord = z.strictObject({
  machine: z.strictObject({
    cores: z.int(),
    processor: z.string(),
    memoryGb: z.int(),
    kernel: z.string(),
  }),
  figures: z.array(
    z.strictObject({
      figure: z.string(),
      value: z.number(),
      unit: z.string(),
      goal: z.nullable(z.number()),
      bound: z.enum(["≤", "≥"]),
      ok: z.boolean(),
      /** Absent where a figure does not come from rounds. */
      rounds: z.exactOptional(z.int()),
      /** Day of the measurement, YYYY-MM-DD. */
      measured: z.string(),
    }),
  ),
  outages: z.record(
    z.string(),
    z.strictObject({ budgetMs: z.number(), roundsMs: z.array(z.number()).readonly() }),
  ),
  cpu: z.array(
    z.strictObject({
      script: z.string(),
      way: z.string(),
      haproxy: z.number(),
      pgbouncer: z.number(),
      postgresql: z.number(),
      pgbench: z.number(),
    }),
  ),
  /** Empty until it is measured. */
  curve: z.array(CurvePoint.extend({ measured: z.string() })).default([]),
});
export type BenchRecord = z.infer<typeof BenchRecord>;

/** What the figures were measured on. */
export interface Machine {
  readonly cores: number;
  readonly processor: string;
  readonly memoryGb: number;
  readonly kernel: string;
}

export function thisMachine(): Machine {
  return {
    cores: availableParallelism(),
    processor: cpus()[0]?.model.trim() ?? "unknown processor",
    memoryGb: Math.round(totalmem() / 2 ** 30),
    kernel: `Linux ${release()}`,
  };
}

/** `2 cores (…), 24 GB, Linux 6.1`. */
export function describeMachine({ cores, processor, memoryGb, kernel }: Machine): string {
  return `${cores} cores (${processor}), ${memoryGb} GB, ${kernel}`;
}

/** Whether figures of the two machines can be compared. */
function isSame(one: Machine, other: Machine): boolean {
  return describeMachine(one) === describeMachine(other);
}

/**
 * The record with new findings: each replaces the older one of its name and keeps its place. A record of another
 * machine is dropped, as its figures cannot be compared with these.
 */
export function addFindings(
  record: BenchRecord | undefined,
  findings: Findings,
  machine: Machine,
  measured: string,
): BenchRecord {
  const before =
    record && isSame(record.machine, machine) ? record : { figures: [], outages: {}, cpu: [], curve: [] };
  const dated = findings.figures.map((figure) => ({ ...figure, measured }));
  return {
    machine,
    figures: replaceBy(before.figures, dated, ({ figure }) => figure),
    outages: { ...before.outages, ...findings.outages },
    cpu: replaceBy(before.cpu, findings.cpu ?? [], ({ script, way }) => `${script}/${way}`),
    // Its points were measured by one run: those of another one do not go with them.
    curve: findings.curve?.map((point) => ({ ...point, measured })) ?? before.curve,
  };
}

function replaceBy<Item>(
  before: readonly Item[],
  after: readonly Item[],
  key: (item: Item) => string,
): Item[] {
  return [...new Map([...before, ...after].map((item) => [key(item), item])).values()];
}

/** A warning that the record is of another machine and will be replaced; undefined where it is not. */
export function otherMachine(record: BenchRecord | undefined, machine: Machine): string | undefined {
  if (record === undefined || record.figures.length === 0 || isSame(record.machine, machine))
    return undefined;
  const [before, now] = [record.machine, machine].map(describeMachine);
  return `bench/ has ${record.figures.length} figures of ${before}: the first of this machine (${now}) replaces them all`;
}

/** A warning for each figure that replaces one of more rounds. */
export function fewerRounds(record: BenchRecord | undefined, figures: readonly Figure[]): string[] {
  return figures.flatMap(({ figure, rounds }) => {
    const before = record?.figures.find((one) => one.figure === figure)?.rounds;
    if (rounds === undefined || before === undefined || rounds >= before) return [];
    return [`"${figure}": ${rounds} rounds replace ${before} in bench/`];
  });
}
