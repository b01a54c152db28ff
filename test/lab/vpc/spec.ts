import type { VpcRule, VpcSpecInput } from "../../../contract/vpc.ts";
import { interfaceId, nodePolicy, routeTableId, vpcSpec } from "../../harness/vpcSpec.ts";
import { addresses, overlay, port } from "./namespaces.ts";

/** The bare machines as a VPC: two nodes of one group, which may move the address, and another machine. */

export const nodes = ["a", "b"] as const;
export const rule = (
  direction: "in" | "out",
  protocol: VpcRule["protocol"],
  peer: VpcRule["peer"],
  port?: number,
  group = "nodes",
) => ({
  ...{ group, direction, protocol, peer },
  ...(port !== undefined && { port }),
});
export const itself = { made: "nodes" };
export const clients = rule("in", "tcp", { cidr: "10.0.1.0/24" }, port);
/** What both ends of a call of the API need. */
export const toApi = [
  rule("out", "tcp", { made: "endpoint" }, 443),
  rule("in", "tcp", itself, 443, "endpoint"),
];
export const vrrp = [rule("out", "112", itself), rule("in", "112", itself)];

/** A table whose route to the overlay address leads to this machine. */
export const routedTo = (machine: string) => ({
  routeTables: [
    {
      id: routeTableId,
      routes: [{ destination: `${overlay}/32`, interfaceId: interfaceId(machine) }],
    },
  ],
});

type Mode = Parameters<typeof nodePolicy>[0];
export const specOf = (
  mode: Mode,
  rules: readonly VpcRule[],
  more: Partial<VpcSpecInput> = {},
  checked = true,
) =>
  vpcSpec(
    [
      ...nodes.map((machine) => ({
        id: interfaceId(machine),
        machine,
        address: addresses[machine],
        groups: ["nodes"],
        sourceDestCheck: checked,
        policy: nodePolicy(
          mode,
          nodes.map(interfaceId).map((id) => id.slice(4)),
        ),
      })),
      { id: interfaceId("c"), machine: "c", address: addresses.c, groups: ["others"] },
    ],
    rules,
    more,
  );
