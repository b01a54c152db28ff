import * as z from "zod";
import { MachineName } from "./lab.ts";

/**
 * What passes between a lab's VPC and whoever runs it. The words are those of AWS's EC2 API; the lab imports no code that
 * renders, so that policies and rules arrive as data, in the very form in which AWS gets them.
 */

/** An IAM policy of the forms that the lab can judge; any other key is refused, not overlooked. */
export const PolicyDocument = z.strictObject({
  Version: z.literal("2012-10-17"),
  Statement: z.array(
    z.strictObject({
      Sid: z.optional(z.string()),
      Effect: z.enum(["Allow", "Deny"]),
      Action: z.union([z.string(), z.array(z.string()).readonly()]),
      Resource: z.union([z.string(), z.array(z.string()).readonly()]),
    }),
  ),
});
export type PolicyDocument = z.infer<typeof PolicyDocument>;

/** A rule of a security group. Without `port`, every port. */
export const VpcRule = z.object({
  group: z.string(),
  direction: z.enum(["in", "out"]),
  /** `112` is VRRP, which the API knows by its number alone. */
  protocol: z.enum(["tcp", "udp", "112"]),
  port: z.optional(z.int()),
  /** A group of this VPC, a group that it does not have, or a network. */
  peer: z.union([
    z.strictObject({ made: z.string() }),
    z.strictObject({ group: z.string() }),
    z.strictObject({ cidr: z.cidrv4() }),
  ]),
});
export type VpcRule = z.infer<typeof VpcRule>;

const VpcInterface = z.strictObject({
  id: z.string().startsWith("eni-"),
  /** The machine whose interface it is. */
  machine: MachineName,
  /** Its primary private address, which the machine has already. */
  address: z.ipv4(),
  groups: z.array(z.string()),
  sourceDestCheck: z.boolean().default(true),
  /** What the role of its instance may do; an instance without one has no credentials. */
  policy: z.optional(PolicyDocument),
});

/** A VPC with one subnet, the lab's network; at its beginning nothing but primary addresses is assigned. */
export const VpcSpec = z.strictObject({
  region: z.string(),
  accountId: z.string().regex(/^\d{12}$/),
  cidr: z.cidrv4(),
  /** The subnet's router, the machines' gateway. */
  router: z.ipv4(),
  /** The lab's application server, whose packets only the receiver's rules judge. */
  app: z.ipv4(),
  /** Where the API answers HTTPS on port 443, with this certificate, as an interface endpoint of these groups. */
  endpoint: z.strictObject({
    address: z.ipv4(),
    groups: z.array(z.string()),
    /** PEM, with the key. A secret of the lab's. */
    key: z.string(),
    certificate: z.string(),
  }),
  interfaces: z.array(VpcInterface).min(1),
  rules: z.array(VpcRule),
  elasticIps: z
    .array(z.strictObject({ allocationId: z.string().startsWith("eipalloc-"), address: z.ipv4() }))
    .default([]),
  /** Tables of the subnet; each has these routes at first. */
  routeTables: z
    .array(
      z.strictObject({
        id: z.string().startsWith("rtb-"),
        routes: z.array(z.strictObject({ destination: z.cidrv4(), interfaceId: z.string() })),
      }),
    )
    .default([]),
});
export type VpcSpec = z.infer<typeof VpcSpec>;
/** The same, as it is given: what has a default may be absent. */
export type VpcSpecInput = z.input<typeof VpcSpec>;

/** What is wrong with the VPC; absent keys stay as they are. */
export const VpcFaults = z.strictObject({
  /**
   * How the API fails each call. `unavailable`: 503. `throttled`: 503 with RequestLimitExceeded. `garbage`: 200 with what
   * is no XML. `silent`: no answer.
   */
  api: z.nullable(z.enum(["unavailable", "throttled", "garbage", "silent"])),
  /** From a request to its judgement, ms. */
  apiDelayMs: z.int().min(0),
  /** From the acceptance of a move until packets and metadata follow, ms. */
  effectMs: z.int().min(0),
  /** The API refuses the keys that metadata gives; the next ones come with the repair. */
  credentialsExpired: z.boolean(),
  /** Machines whose metadata service does not answer. */
  metadataDown: z.array(MachineName),
});
export type VpcFaults = z.infer<typeof VpcFaults>;
export const noVpcFaults: VpcFaults = {
  api: null,
  apiDelayMs: 0,
  effectMs: 0,
  credentialsExpired: false,
  metadataDown: [],
};

/** An address began to lead to another machine. */
const Delivery = z.object({
  address: z.ipv4(),
  machine: z.string(),
  /** When the API accepted it, and when it took effect; ms on CLOCK_MONOTONIC. */
  acceptedMs: z.number(),
  atMs: z.number(),
});
export type Delivery = z.infer<typeof Delivery>;

/** What the VPC's program says of itself. */
export const VpcState = z.object({
  faults: VpcFaults,
  /** The machine that each virtual address belongs to by the API; this is AWS's own word. */
  owners: z.record(z.ipv4(), z.string()),
  /** The machine that packets to it reach; differs from the owner between acceptance and effect. */
  delivered: z.record(z.ipv4(), z.string()),
  /** Private addresses of each machine's interface, as DescribeNetworkInterfaces lists them. */
  interfaces: z.record(z.string(), z.array(z.ipv4())),
  /** The latest changes of `delivered`, the oldest first. */
  deliveries: z.array(Delivery),
  /** Number of calls by `ACTION CODE`; the code of a success is `ok`. */
  calls: z.record(z.string(), z.int()),
  /** Machines whose port is part of the VPC now. */
  attached: z.array(z.string()),
  /** What the kernel refused; empty where all is well. */
  problems: z.array(z.string()),
});
export type VpcState = z.infer<typeof VpcState>;

/** Packets that the VPC dropped so far, by why. */
export const VpcDropped = z.object({
  multicast: z.int(),
  spoofed: z.int(),
  /** At an interface that does not own the address that they are for. */
  misdelivered: z.int(),
  /** By the sender's security groups, and by the receiver's. */
  egress: z.int(),
  ingress: z.int(),
});
export type VpcDropped = z.infer<typeof VpcDropped>;
