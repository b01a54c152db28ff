import * as z from "zod";
import { Failure } from "../../cli/failure.ts";

/** What a connection load does, and on stdin how it is told. */
export const LoadPlan = z.strictObject({
  host: z.string(),
  port: z.int(),
  /** New connections a second. */
  perSecond: z.int().min(1),
  maxSeconds: z.number().max(60),
  /**
   * Each attempt leaves one of the client's 28,232 ports in TIME_WAIT for a minute, and the kernel gives out every
   * second one first: beyond 14,116 it searches a hundred times as long, and the load would measure that.
   */
  maxAttempts: z.int().max(14_000),
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
  /** Whether it went on until it was told to end, or came to the plan's own time or count before. */
  endedBy: z.enum(["asked", "bounds"]),
});
export type LoadResult = z.infer<typeof LoadResult>;

/** What a load printed, as one that went on to the end. @throws Failure for one that ended by itself before */
export function wholeLoad(output: string): LoadResult {
  const result = LoadResult.parse(JSON.parse(output));
  if (result.endedBy === "asked") return result;
  const { attempted, perSecond } = result;
  throw new Failure(
    `the load was over before what it was to go beside: after ${attempted} connections at ${perSecond}/s; stop what else this machine does and try again`,
  );
}
