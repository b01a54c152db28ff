import * as z from "zod";

/** What a client with many WebSockets through the edge is to do. */
export const WebSocketsPlan = z.strictObject({
  /** The edge, and the name that the clients ask it for. */
  address: z.string(),
  port: z.int(),
  host: z.string(),
  /** Authorities that they trust, PEM. */
  ca: z.string(),
  /** Addresses of this machine that they come from, in turn. */
  sources: z.array(z.string()).min(1),
  /** WebSockets that stay open, with a message each `everyMs`, and those that are opened at once. */
  count: z.int(),
  atOnce: z.int(),
  everyMs: z.int(),
  /** Time from one further WebSocket, which is closed when it is open, to the next, ms. */
  newEveryMs: z.int(),
  /** For an opening, or a message until it is back, ms. */
  deadlineMs: z.int(),
});
export type WebSocketsPlan = z.output<typeof WebSocketsPlan>;

/**
 * A line of such a client: each WebSocket that is `held`, one that is `closed` by another than this client or `failed`, each
 * `new` one, and once `ready` when all are open.
 */
export const WebSocketsLine = z.strictObject({
  kind: z.enum(["ready", "held", "closed", "failed", "new"]),
  /** Name of the target, as it tells it; empty where none has answered. */
  target: z.string(),
  /** When it happened, of a `new` one when it began, on the monotonic clock that all processes of a machine share, ms. */
  atMs: z.number(),
  /** What went wrong. */
  words: z.string(),
});
export type WebSocketsLine = z.output<typeof WebSocketsLine>;
