import * as z from "zod";

/** What a service that names nodes answers from now on. */
export const NodesBehaviour = z.discriminatedUnion("as", [
  /** The list, with a tag of it; 304 to whoever has the tag. */
  z.strictObject({ as: z.literal("list"), nodes: z.unknown() }),
  z.strictObject({ as: z.literal("text"), text: z.string() }),
  /** A redirect to another place of the same service, which would answer with the list. */
  z.strictObject({ as: z.literal("redirect") }),
  z.strictObject({ as: z.literal("status"), status: z.int() }),
  z.strictObject({ as: z.literal("hang") }),
  /** An answer of so many bytes. */
  z.strictObject({ as: z.literal("large"), bytes: z.int() }),
]);
export type NodesBehaviour = z.output<typeof NodesBehaviour>;

/** The first line of its input: where it listens, and the key that it takes; without one it takes any. */
export const NodesServicePlan = z.strictObject({
  address: z.string(),
  port: z.int(),
  apiKey: z.exactOptional(z.string()),
  /** PEM; without it the service has no TLS. */
  tls: z.exactOptional(z.strictObject({ key: z.string(), certificate: z.string() })),
});
export type NodesServicePlan = z.output<typeof NodesServicePlan>;

/** A request that it has answered, or whose client has gone. */
export const NodesAnswer = z.strictObject({
  /** Address of the client. */
  from: z.string(),
  path: z.string(),
  status: z.int(),
  /** Bytes of the body that the client's machine has taken. */
  bytes: z.int(),
});
export type NodesAnswer = z.output<typeof NodesAnswer>;
