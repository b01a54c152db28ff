import { Provider } from "@pulumi/aws/provider.js";
import type { Target, Topology } from "../../../topology/topology.ts";
import type { TargetMachines } from "../machine.ts";
import { accountOf } from "./account/account.ts";
import { Ec2Machines } from "./Ec2Machines.ts";
import type { Ec2Transform } from "./kinds.ts";

/** Instances of EC2, whose addresses are used as they are. AWS is asked for all that the config names before any is made. */
export async function ec2Target(
  target: Target<"ec2">,
  topology: Topology,
  transform?: Ec2Transform,
): Promise<TargetMachines> {
  const { region = "", tags } = target;
  const provider = new Provider("aws", { region, defaultTags: { tags } });
  const account = await accountOf(target, topology, { provider });
  const { machines, publicAddresses } = new Ec2Machines(
    "ec2",
    { target, topology, account, transform },
    { providers: { aws: provider } },
  );
  return {
    machines,
    reach: {},
    publicAddresses,
    deliverHosts: () => ({ deliveries: [], outputs: {} }),
  };
}
