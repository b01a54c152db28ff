import * as z from "zod";
import { ProxyWay } from "./throughProxy.ts";

/**
 * What a prober does, and on stdin how it is told: a URL holds a password.
 * `answer` asks for one byte: virtual address, haproxy and a pooler have to be there. `query` logs in and runs
 * `select 1`, which needs PostgreSQL too and costs a hundred times the work. `egress` asks a server of the outside for
 * the exit that the request came by: virtual address, haproxy and a proxy that carries traffic have to be there.
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
  z.strictObject({
    ask: z.literal("egress"),
    ...ProxyWay.shape,
    intervalMs: z.number(),
    deadlineMs: z.number(),
  }),
]);
export type ProbePlan = z.infer<typeof ProbePlan>;

/** What clients with long connections do. */
export const TunnelPlan = z.strictObject({
  ...ProxyWay.shape,
  /** Time between two questions on a tunnel, ms. */
  everyMs: z.number(),
  /** A question unanswered for this long means a client that was left alone with a dead connection, ms. */
  silentMs: z.number(),
  /** The first questions of so many tunnels are spread over `everyMs`. */
  spread: z.int(),
});
export type TunnelPlan = z.infer<typeof TunnelPlan>;
