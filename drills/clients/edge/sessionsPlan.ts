import * as z from "zod";

/** What a client with sessions through the edge is to do. */
export const EdgeSessionsPlan = z.strictObject({
  /** The edge, and the name that the clients ask it for. */
  address: z.string(),
  port: z.int(),
  host: z.string(),
  /** Authorities that they trust, PEM. */
  ca: z.string(),
  /** Addresses of this machine that new connections come from, in turn; none: whichever the system chooses. */
  sources: z.array(z.string()),
  /** Time from one new connection to the next, ms. */
  newEveryMs: z.number(),
  /** Connections that stay open, with a request or a message each `everyMs`. */
  kept: z.int(),
  webSockets: z.int(),
  everyMs: z.int(),
  /** For one request or message, ms. */
  deadlineMs: z.int(),
});
export type EdgeSessionsPlan = z.output<typeof EdgeSessionsPlan>;

/** A line of such a client: `ready` once everything is open, then each new connection, and each problem of the others. */
export interface EdgeSessionsLine {
  readonly kind: "ready" | "new" | "kept" | "websocket";
  /** When it began, ms since 1970. */
  readonly atMs: number;
  /** Of a new connection the status; otherwise what went wrong. */
  readonly outcome: string;
  /** Serial number of the certificate that a new connection has got. */
  readonly serial?: string;
}
