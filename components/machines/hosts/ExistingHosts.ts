import { remote } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { programPath } from "../../../contract/bundle.ts";
import type { Connection } from "../../../contract/stackOutputs.ts";
import { hostsOf } from "../../../topology/hosts.ts";
import type { Target, Topology } from "../../../topology/topology.ts";
import { copiedPrograms, withinDeadline } from "../../HostDelivery.ts";
import { dialled, type Machine } from "../machine.ts";
import { askedMachines } from "./askedMachines.ts";
import { asRoot } from "./packages.ts";

export interface ExistingHostsArgs {
  readonly target: Target<"hosts">;
  readonly topology: Topology;
  /** By host. */
  readonly connections: Readonly<Record<string, Connection>>;
}

const patience = { dialErrorLimit: 3, perDialTimeout: 10 };

/**
 * Machines that exist already. Each is asked for its facts, and only where no host has a problem, packages are installed
 * on the first. Destroying it gives the hosts back.
 */
export class ExistingHosts extends pulumi.ComponentResource {
  declare readonly machines: Readonly<Record<string, Machine>>;

  constructor(
    name: string,
    { target, topology, connections }: ExistingHostsArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("hapair:index:ExistingHosts", name, {}, opts);
    const reached = hostsOf(topology).flatMap((host) => {
      const connection = connections[host.name];
      if (connection === undefined) return [];
      return [
        { host, connection: pulumi.secret(dialled(connection, patience)), identity: connection.hostKey },
      ];
    });
    const machines = askedMachines(topology, reached, this).map(({ packages, ...machine }): Machine => {
      // In the state before the first delivery: what an interrupted one has begun is given back too.
      const giveBack = new remote.Command(
        `${machine.name}-give-back`,
        { connection: machine.connection, delete: giveBackCommand, addPreviousOutputInEnv: false },
        { parent: this, dependsOn: packages },
      );
      return { ...machine, ready: [giveBack], takeOver: target.takeOver };
    });
    this.machines = Object.fromEntries(machines.map((machine) => [machine.name, machine]));
    this.registerOutputs({});
  }
}

/** Gives a host back, for its shell. The program comes with the first delivery. */
export const giveBackCommand = [
  `rm -f ${copiedPrograms}`,
  asRoot(...withinDeadline("sh", "-c", `if [ -x /${programPath} ]; then exec /${programPath} give-back; fi`)),
].join("\n");
