import * as pulumi from "@pulumi/pulumi";
import type { Secrets } from "../render/secrets.ts";
import type { Host } from "../topology/hosts.ts";
import type { Topology } from "../topology/topology.ts";
import { HostDelivery } from "./HostDelivery.ts";
import type { AgentProgram, Machine } from "./machines/machine.ts";
import type { RollOut } from "./RollOut.ts";

export interface PgBouncerPoolArgs {
  readonly topology: Topology;
  readonly host: Extract<Host, { role: "pool" }>;
  readonly machine: Machine;
  readonly program: AgentProgram;
  readonly secrets: pulumi.Output<Secrets>;
  readonly rollOut: RollOut;
}

/** PostgreSQL with its poolers, on one machine. */
export class PgBouncerPool extends pulumi.ComponentResource {
  declare readonly delivery: HostDelivery;

  constructor(name: string, args: PgBouncerPoolArgs, opts?: pulumi.ComponentResourceOptions) {
    super("hapair:index:PgBouncerPool", name, {}, opts);
    this.delivery = new HostDelivery(args.host.name, args, { parent: this });
    this.registerOutputs({ sha256: this.delivery.sha256 });
  }
}
