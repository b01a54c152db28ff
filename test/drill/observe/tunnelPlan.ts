import * as z from "zod";
import { ProxyWay } from "./throughProxy.ts";

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
