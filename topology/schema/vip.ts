import * as z from "zod";
import { Address } from "./fields.ts";

/** The virtual address of a pair. */
export const Vip = z.strictObject({
  address: Address.describe("the virtual address that clients use"),
  mode: z
    .optional(z.enum(["secondary-ip", "elastic-ip", "route"]))
    .describe(
      "on EC2, what moves: a private address of the nodes' one subnet (default), a public address, or a route to an address outside the VPC's range; the last two with nodes in any zone",
    ),
  elasticIp: z
    .optional(
      z
        .string()
        .regex(
          /^(none|follow|eipalloc-([0-9a-f]{8}|[0-9a-f]{17}))$/,
          "expected none, follow or the id of an Elastic IP such as eipalloc-0123456789abcdef0",
        ),
    )
    .describe(
      "on EC2: `follow` makes a public address that stays with a `secondary-ip`, an id names one for that or for `elastic-ip`; default `none`",
    ),
});
