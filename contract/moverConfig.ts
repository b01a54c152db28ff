import * as z from "zod";

/** Where the mover reads its own config on a node of EC2, relative to `/`; holds no secret. The rest is in the egress config. */
export const moverConfigPath = "etc/hapair/mover.json";

const common = {
  /** The virtual address; with `elastic-ip` the public one. */
  address: z.ipv4(),
  /** The node's own address, which names its network interface. */
  privateAddress: z.ipv4(),
  region: z.string().min(1),
  /** URL of the EC2 API; by default that of the region, which an interface endpoint answers under the same name. */
  endpoint: z.optional(z.url({ protocol: /^https?$/ })),
  /** URL of the instance metadata service, by default the link-local one. */
  metadata: z.optional(z.url({ protocol: /^https?$/ })),
  /** By default the interface that has `privateAddress`. */
  interfaceId: z.optional(z.string()),
  /** A connection to this Unix socket ends the connections of clients that are open here. Absolute path. */
  closeSocket: z.string(),
};

/** What the mover must know of its node: how AWS is told to deliver the virtual address to it. */
export const MoverConfig = z.discriminatedUnion("mode", [
  /** A secondary private address of one of two interfaces in one subnet. */
  z.strictObject({
    mode: z.literal("secondary-ip"),
    ...common,
    /** An Elastic IP that stays with the address. */
    allocationId: z.optional(z.string()),
  }),
  z.strictObject({ mode: z.literal("elastic-ip"), ...common, allocationId: z.string() }),
  /** A route to an address outside the VPC's range, in each of these tables. */
  z.strictObject({ mode: z.literal("route"), ...common, routeTableIds: z.array(z.string()).min(1) }),
]);
export type MoverConfig = z.infer<typeof MoverConfig>;
export type MoverConfigOf<Mode extends MoverConfig["mode"]> = Extract<MoverConfig, { mode: Mode }>;
