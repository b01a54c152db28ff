import * as pulumi from "@pulumi/pulumi";
import { tokenVariable, VagrantLogin } from "../../../contract/vagrantMachines.ts";
import { hostsOf } from "../../../topology/hosts.ts";
import type { Target, Topology } from "../../../topology/topology.ts";
import { askedMachines } from "../hosts/askedMachines.ts";
import { dialled, type Machine } from "../machine.ts";
import { machineCommands } from "./machineCommands.ts";

export interface VagrantMachinesArgs {
  readonly target: Target<"vagrant">;
  readonly topology: Topology;
  /** Names of the machines that run; absent: whatever has been made runs. */
  readonly running?: ReadonlySet<string>;
}

/** A machine's command has waited until its SSH answered. */
const patience = { dialErrorLimit: 8, perDialTimeout: 10 };

/**
 * The stack's hosts as virtual machines of Vagrant. Destroying it destroys those that it made and no others.
 */
export class VagrantMachines extends pulumi.ComponentResource {
  declare readonly machines: Readonly<Record<string, Machine>>;

  constructor(
    name: string,
    { target, topology, running }: VagrantMachinesArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("hapair:index:VagrantMachines", name, {}, opts);
    const commands = machineCommands(target, topology, { parent: this, ...(running && { running }) });
    const reached = hostsOf(topology).flatMap((host) => {
      const command = commands.get(host.name);
      if (command === undefined) return [];
      const login = command.stdout.apply((text) => VagrantLogin.parse(JSON.parse(text)));
      return [
        {
          host,
          connection: pulumi.secret(login.apply((login) => dialled(login, patience))),
          // Not the host key: a box may bring one for all machines that are made from it.
          identity: command.environment.apply((own) => own?.[tokenVariable] ?? ""),
        },
      ];
    });
    this.machines = Object.fromEntries(
      askedMachines(topology, reached, this).map(({ packages, ...machine }): [string, Machine] => [
        machine.name,
        { ...machine, ready: [packages] },
      ]),
    );
    this.registerOutputs({});
  }
}
