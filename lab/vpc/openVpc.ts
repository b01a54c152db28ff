import type { RequestListener } from "node:http";
import { noVpcFaults, type VpcFaults, type VpcSpec, type VpcState } from "../../contract/vpc.ts";
import { Account } from "./account.ts";
import { ec2Api } from "./api/api.ts";
import { vpcControl } from "./control.ts";
import { RoleKeys } from "./credentials.ts";
import { openFabric } from "./fabric/fabric.ts";
import { metadataAddress } from "./fabric/ruleset.ts";
import { instanceMetadata } from "./metadata.ts";

/** Problems that are remembered: the first ones say most. */
const mostProblems = 20;

/** Builds the subnet in this process's network namespace; the services are for the caller to serve. */
export function openVpc(spec: VpcSpec): Readonly<Record<"api" | "metadata" | "control", RequestListener>> & {
  readonly metadataAddress: string;
} {
  let faults: VpcFaults = noVpcFaults;
  const calls: Record<string, number> = {};
  const problems: string[] = [];
  const fabric = openFabric(spec, (text) => {
    if (problems.length < mostProblems) problems.push(text);
  });
  const account = new Account(spec, fabric, () => faults.effectMs);
  const keys = new RoleKeys();
  return {
    metadataAddress,
    api: ec2Api({
      account,
      keys,
      faults: () => faults,
      count: (action, code) => {
        const name = `${action} ${code}`;
        calls[name] = (calls[name] ?? 0) + 1;
      },
    }),
    metadata: instanceMetadata({
      account,
      keys,
      isDown: (machine) => faults.metadataDown.includes(machine),
      asker: ({ socket }) => account.interfaces.find(({ address }) => address === socket.remoteAddress),
    }),
    control: vpcControl({
      state: (): VpcState => ({
        faults,
        ...account.places(),
        interfaces: Object.fromEntries(
          account.interfaces.map((one) => [one.machine, [...account.addressesOf(one)]]),
        ),
        calls,
        attached: [...fabric.attached()],
        problems,
      }),
      dropped: fabric.dropped,
      setFaults: (next) => {
        if (faults.credentialsExpired && !next.credentialsExpired) keys.replace();
        faults = next;
      },
      setRules: fabric.setRules,
    }),
  };
}
