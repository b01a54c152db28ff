import * as z from "zod";

/** What the bench's programs on the application server are told. */

export const TargetPlan = z.strictObject({ host: z.string(), port: z.int() });

/** Round trips one after the other over one connection. */
export const RoundTripsPlan = z.strictObject({
  /** `request`: of HTTP; `message`: over a WebSocket that is open already. */
  of: z.enum(["request", "message"]),
  host: z.string(),
  port: z.int(),
  /** The name that the client asks for. */
  name: z.string(),
  count: z.int(),
});
export type RoundTripsPlan = z.infer<typeof RoundTripsPlan>;

export const RoundTrips = z.strictObject({ p50Us: z.number() });
