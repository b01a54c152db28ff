import type { SecurityGroup } from "@pulumi/aws/ec2/securityGroup.js";
import type * as pulumi from "@pulumi/pulumi";
import type { Ec2Section } from "../../../topology/ec2.ts";
import type { Topology } from "../../../topology/topology.ts";
import { type Flow, flowName, flowsOf, type GroupName, groupsOf } from "./flows.ts";
import type { Make } from "./kinds.ts";

/** The security groups by name. Each rule is a resource of its own, so that one that changes touches no other. */
export function securityGroups(
  make: Make,
  vpcId: pulumi.Input<string>,
  section: Ec2Section,
  topology: Topology,
): { readonly groups: ReadonlyMap<GroupName, SecurityGroup>; readonly rules: readonly pulumi.Resource[] } {
  const groups = new Map(
    groupsOf(section, topology.pairs).map((name) => [
      name,
      // AWS refuses a name that begins with `sg-`, as that of a pair may.
      make("securityGroup", `hapair-${name}`, { vpcId, description: `hapair: ${name}` }),
    ]),
  );
  const rules = flowsOf(section, topology).map((flow) => {
    const args = {
      securityGroupId: idIn(groups, flow.group),
      description: flow.what,
      ipProtocol: flow.protocol,
      ...ports(flow),
      ...("cidr" in flow.peer
        ? { cidrIpv4: flow.peer.cidr }
        : {
            referencedSecurityGroupId: "made" in flow.peer ? idIn(groups, flow.peer.made) : flow.peer.group,
          }),
    };
    return make(flow.direction === "in" ? "ingressRule" : "egressRule", flowName(flow), args);
  });
  return { groups, rules };
}

function ports({ protocol, port }: Flow): { readonly fromPort?: number; readonly toPort?: number } {
  if (port !== undefined) return { fromPort: port, toPort: port };
  return protocol === "udp" ? { fromPort: 1, toPort: 65_535 } : {};
}

export function idIn(groups: ReadonlyMap<GroupName, SecurityGroup>, name: GroupName): pulumi.Input<string> {
  const group = groups.get(name);
  if (group === undefined) throw new Error(`there is no security group ${name}`);
  return group.id;
}
