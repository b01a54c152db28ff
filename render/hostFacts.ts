import type { Host } from "../topology/hosts.ts";
import type { Topology } from "../topology/topology.ts";

/** Where SSH logins arrive on a host. */
export interface Login {
  readonly interface: string;
  readonly address: string;
  readonly port: number;
}

/** What AWS has given a node of EC2, by its ids. */
export interface AwsFacts {
  readonly interfaceId: string;
  /** Of the Elastic IP that is the virtual address or follows it. */
  readonly allocationId?: string | undefined;
  /** With the mode `route`. */
  readonly routeTableIds?: readonly string[] | undefined;
}

/** What only the host itself knows of its network, and its files need. */
export interface HostFacts {
  /** The interface that has its address. */
  readonly interface: string;
  /** Absent where logins arrive at its address, on port 22. */
  readonly login?: Login | undefined;
  /** Name of networkd's file of that interface, such as `50-vagrant-enp0s8.network`; absent where it has none. */
  readonly networkFile?: string | undefined;
  /** Present on a node of EC2. */
  readonly aws?: AwsFacts | undefined;
}

/** A host whose facts are known: only such a one can be rendered. */
export type KnownHost<H extends Host = Host> = H & HostFacts;

/** Facts for people who read the files without asking the hosts. */
export function shownFacts({ network, target }: Topology): HostFacts {
  const aws = { interfaceId: "[eni]", allocationId: "[eipalloc]", routeTableIds: ["[rtb]"] };
  return { interface: network.interface ?? "[interface]", ...(target.kind === "ec2" && { aws }) };
}
