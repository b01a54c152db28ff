import { createHash } from "node:crypto";
import { join } from "node:path";
import { local } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { shellWord } from "../../../base/commands.ts";
import { type MachineSpec, MachineUp, machineInterface, type NetworkSpec } from "../../../contract/lab.ts";
import type { Target, Topology } from "../../../topology/topology.ts";
import { publicKeyOf, sshKey } from "../../sshKeys.ts";
import type { DialledConnection, Machine, Reach } from "../machine.ts";
import { labSpec } from "./labSpec.ts";

export interface LabMachinesArgs {
  readonly target: Target<"lab">;
  readonly topology: Topology;
  /** Debian packages of the machines' base image. */
  readonly packages: readonly string[];
}

const program = join(import.meta.dirname, "../../../lab/main.ts");

/** For errors. */
const keyOwner = "the lab's SSH key in the stack's state";

/** The stack's hosts as local machines in one network namespace; destroying it leaves nothing behind. */
export class LabMachines extends pulumi.ComponentResource {
  declare readonly machines: Readonly<Record<string, Machine>>;
  declare readonly reach: Readonly<Record<string, Reach>>;

  constructor(
    name: string,
    { target, topology, packages }: LabMachinesArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("hapair:index:LabMachines", name, {}, opts);
    const spec = labSpec(target, topology, packages);
    const lab = target.name;
    const { cidr } = topology.network;

    const privateKey = sshKey(`${name}-ssh-key`, { parent: this });
    const network = new local.Command(
      `${name}-network`,
      {
        ...labVerbs(`network up --lab ${lab}`, `network down --lab ${lab}`),
        stdin: pulumi.unsecret(
          privateKey.apply((key) =>
            JSON.stringify({ ...spec.network, state: stateOf(key) } satisfies NetworkSpec),
          ),
        ),
      },
      { parent: this, deleteBeforeReplace: true },
    );
    const machines = spec.machines.map(({ name: machine, address, sshPort }) => {
      const command = new local.Command(
        `${name}-${machine}`,
        {
          ...labVerbs(`up ${machine} --lab ${lab}`, `down ${machine} --purge --lab ${lab}`),
          // Not read by the command, which gets both from the lab: it runs again where they change. Triggers would
          // replace the machine, and with it its disk, which alone holds the data.
          environment: { LAB_NETWORK: JSON.stringify({ cidr, packages }) },
          stdin: privateKey.apply((key) =>
            JSON.stringify({
              address,
              sshPort,
              authorizedKey: publicKeyOf(key, keyOwner),
            } satisfies MachineSpec),
          ),
        },
        // The network's removal takes its machines with it, so a new network needs new ones.
        { parent: this, dependsOn: network, replaceWith: [network], deleteBeforeReplace: true },
      );
      const ssh = pulumi.unsecret(command.stdout).apply((text) => MachineUp.parse(JSON.parse(text)).ssh);
      return {
        name: machine,
        identity: ssh.hostKey,
        connection: connectionOf(ssh, privateKey),
        interface: machineInterface,
      };
    });

    this.machines = Object.fromEntries(machines.map((machine) => [machine.name, machine]));
    this.reach = spec.reach;
    this.registerOutputs({ reach: this.reach });
  }
}

/** `up` can be repeated: a changed command or spec runs it on the machine or network that is there. */
function labVerbs(up: string, down: string): local.CommandArgs {
  const run = [process.execPath, program].map(shellWord).join(" ");
  return { create: `${run} ${up}`, delete: `${run} ${down}`, logging: "stderr" };
}

function connectionOf(
  ssh: pulumi.Output<MachineUp["ssh"]>,
  privateKey: pulumi.Output<string>,
): pulumi.Output<DialledConnection> {
  return pulumi
    .all([ssh, privateKey])
    .apply(([ssh, privateKey]) => ({ ...ssh, privateKey, dialErrorLimit: 10, perDialTimeout: 5 }));
}

/** The key is made once for each state, and is in no other. */
function stateOf(privateKey: string): string {
  return createHash("sha256").update(publicKeyOf(privateKey, keyOwner)).digest("hex").slice(0, 16);
}
