import * as z from "zod";
import { ProxyWay } from "./throughProxy.ts";

/**
 * What a prober does. It reads this from stdin, as a URL holds a password.
 * `answer` asks for one byte: this needs the virtual address, haproxy and a pooler. `query` logs in and runs
 * `select 1`: this needs PostgreSQL too, and takes a hundred times the work. `egress` asks a server outside by which
 * exit the request came: this needs the virtual address, haproxy and a proxy that carries traffic. `route` asks the edge
 * for a host name: this needs the virtual address, haproxy with that route, and its target.
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
  z.strictObject({
    ask: z.literal("route"),
    url: z.string(),
    host: z.string(),
    /** Of the edge's certificate, PEM. */
    ca: z.string(),
    /** Whether a connection is kept for further requests; otherwise each has its own. */
    keeps: z.boolean(),
    intervalMs: z.number(),
    deadlineMs: z.number(),
  }),
]);
export type ProbePlan = z.infer<typeof ProbePlan>;

/** What clients with long connections do. */
export const TunnelPlan = z.strictObject({
  ...ProxyWay.shape,
  /** Time between two requests on a tunnel, ms. */
  everyMs: z.number(),
  /** A request without an answer for this long means that the connection is dead and the client does not know it, ms. */
  silentMs: z.number(),
  /** The first requests of so many tunnels are spread over `everyMs`. */
  spread: z.int(),
});
export type TunnelPlan = z.infer<typeof TunnelPlan>;

/** What clients of the edge that mean harm do. */
export const PestPlan = z.strictObject({
  address: z.string(),
  ports: z.strictObject({ http: z.int(), https: z.int() }),
  host: z.string(),
  /** Addresses of this machine that they connect from. */
  sources: z.array(z.string()),
  /** They end by themselves after this time. */
  forMs: z.number(),
});
export type PestPlan = z.infer<typeof PestPlan>;
