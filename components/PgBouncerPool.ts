import * as pulumi from "@pulumi/pulumi";
import type { Secrets } from "../render/secrets.ts";
import type { Host } from "../topology/hosts.ts";
import type { Topology } from "../topology/topology.ts";
import { HostDelivery } from "./HostDelivery.ts";
import { type AgentProgram, machineNamed, type TargetMachines } from "./machines/machine.ts";
import type { RollOut } from "./RollOut.ts";

export interface PgBouncerPoolArgs {
  readonly topology: Topology;
  /** PostgreSQL's machine first. */
  readonly hosts: readonly Extract<Host, { role: "pool" }>[];
  readonly machines: TargetMachines["machines"];
  readonly program: AgentProgram;
  readonly secrets: pulumi.Output<Secrets>;
  readonly rollOut: RollOut;
}

/** The machines of a pool, one after another: PostgreSQL before the poolers that reach it over the network. */
export class PgBouncerPool extends pulumi.ComponentResource {
  declare readonly deliveries: readonly { readonly host: Host; readonly delivery: HostDelivery }[];

  constructor(
    name: string,
    { hosts, machines, ...args }: PgBouncerPoolArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("hapair:index:PgBouncerPool", name, {}, opts);
    const deliveries: PgBouncerPool["deliveries"][number][] = [];
    for (const host of hosts) {
      const machine = machineNamed(machines, host.name);
      const after = deliveries.map(({ delivery }) => delivery);
      const delivery = new HostDelivery(host.name, { ...args, host, machine, after }, { parent: this });
      deliveries.push({ host, delivery });
    }
    this.deliveries = deliveries;
    this.registerOutputs({});
  }
}
