import * as z from "zod";

/** The first line that `webSocketProgram.ts` reads. */
export const WebSocketPlan = z.strictObject({
  ways: z.record(
    z.string(),
    z.strictObject({ url: z.string(), host: z.string(), ca: z.optional(z.string()) }),
  ),
  deadlineMs: z.number(),
});
export type WebSocketPlan = z.infer<typeof WebSocketPlan>;

/** A line that it prints. */
export const Conversation = z.strictObject({
  name: z.string(),
  way: z.string(),
  compressed: z.boolean(),
  /** The code, or the status, with which it is to end. */
  ends: z.number(),
  /** What the client has heard, in order. */
  heard: z.array(z.string()),
});
export type Conversation = z.infer<typeof Conversation>;
