import * as z from "zod";

/**
 * What a prober does, and on stdin how it is told: a URL holds a password.
 * `answer` asks for one byte: virtual address, haproxy and a pooler have to be there. `query` logs in and runs
 * `select 1`, which needs PostgreSQL too and costs a hundred times the work.
 */
export const ProbePlan = z.discriminatedUnion("ask", [
  z.strictObject({
    ask: z.literal("answer"),
    host: z.string(),
    port: z.int(),
    intervalMs: z.number(),
    deadlineMs: z.number(),
  }),
  z.strictObject({
    ask: z.literal("query"),
    databaseUrl: z.string(),
    intervalMs: z.number(),
    deadlineMs: z.number(),
  }),
]);
export type ProbePlan = z.infer<typeof ProbePlan>;
