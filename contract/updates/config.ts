import * as z from "zod";
import { HostName, RouteOptions } from "../routes/route.ts";

/**
 * Where the agent's daemon reads what it must know of the service that names the nodes of a route, relative to `/`. It holds
 * that service's key, so only root and the group of the daemon may read it.
 */
export const updatesConfigPath = "etc/hapair/updates.json";

/** Who owns the route of these nodes: nobody else may set it. */
export const updatesAgent = "hapair-updates";

export const UpdatesConfig = z.strictObject({
  url: z.string(),
  /** Sent as `Authorization: Bearer`. */
  apiKey: z.string(),
  /** Authorities of the service's certificate, PEM; absent: those that the host trusts. */
  ca: z.optional(z.string()),
  /** The route's host, in full. */
  host: HostName,
  options: RouteOptions,
  intervalMs: z.int().min(1),
  /** For one whole answer. */
  timeoutMs: z.int().min(1),
  /** A list that is in doubt is followed once it has come so many times in a row. */
  confirmAfter: z.int().min(2),
});
export type UpdatesConfig = z.output<typeof UpdatesConfig>;
