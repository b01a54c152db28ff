import * as z from "zod";

/** What a connection load does, and on stdin how it is told. */
export const LoadPlan = z.strictObject({
  host: z.string(),
  port: z.int(),
  /** New connections a second. */
  perSecond: z.int().min(1),
  maxSeconds: z.number().max(60),
  /** Each attempt leaves one of the client's 28,232 ports in TIME_WAIT for a minute. */
  maxAttempts: z.int().max(25_000),
  /** An attempt that has no answer by then has failed. */
  deadlineMs: z.int(),
});
export type LoadPlan = z.infer<typeof LoadPlan>;

/** What came of it. */
export const LoadResult = z.strictObject({
  attempted: z.int(),
  failed: z.int(),
  /** New connections a second that it came to. */
  perSecond: z.number(),
  /** How often each failure was seen, by its word. */
  reasons: z.record(z.string(), z.int()),
});
export type LoadResult = z.infer<typeof LoadResult>;
