import * as z from "zod";

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
      /** Absent where a figure is not made of rounds. */
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
});
export type BenchRecord = z.infer<typeof BenchRecord>;
