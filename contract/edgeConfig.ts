import * as z from "zod";

/** Where the agent's daemon reads what it must know of the edge on a node, relative to `/`; holds no secret. */
export const edgeConfigPath = "etc/hapair/edge.json";

export const EdgeConfig = z.strictObject({
  /** Where the node itself reaches its own edge by TLS. */
  tls: z.strictObject({ address: z.string(), port: z.int() }),
  /**
   * Why the certificate in the node's folder is not taken over, written by root; no file while it is. Present where there is
   * such a folder.
   */
  refusedFile: z.optional(z.string()),
});
export type EdgeConfig = z.output<typeof EdgeConfig>;
