import * as pulumi from "@pulumi/pulumi";
import { renderHost, renderShown } from "../render/bundle.ts";
import type { Host, Topology } from "../topology/topology.ts";
import { type AgentProgram, HostDelivery } from "./HostDelivery.ts";
import type { Machine } from "./machines/machine.ts";
import { type Passwords, renderSecrets } from "./passwords.ts";

export interface PgBouncerPoolArgs {
  readonly topology: Topology;
  readonly host: Extract<Host, { role: "pool" }>;
  readonly machine: Machine;
  readonly program: AgentProgram;
  readonly passwords: Passwords;
}

/** PostgreSQL with its poolers, on one machine. */
export class PgBouncerPool extends pulumi.ComponentResource {
  declare readonly delivery: HostDelivery;

  constructor(
    name: string,
    { topology, host, machine, program, passwords }: PgBouncerPoolArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("hapair:index:PgBouncerPool", name, {}, opts);
    this.delivery = new HostDelivery(
      host.name,
      {
        machine,
        program,
        shown: renderShown(topology, host),
        bundle: renderSecrets(passwords).apply((secrets) => renderHost(topology, host, secrets)),
        unlessHolder: false,
      },
      { parent: this },
    );
    this.registerOutputs({ sha256: this.delivery.sha256 });
  }
}
