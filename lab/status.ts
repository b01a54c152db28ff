import { existsSync } from "node:fs";
import type { LabStatus, MachineStatus } from "../contract/lab.ts";
import { readCut } from "./faults/cut.ts";
import { hasDisk } from "./machine/disk.ts";
import { findLeader } from "./machine/exec.ts";
import { forwardsServe, sshForward } from "./network/forward.ts";
import { otherClone } from "./owner.ts";
import { namespace, namespacePath } from "./paths.ts";
import { groupFrozen, groupLives } from "./process/group.ts";
import { machineNames, readMachine, readNetwork, type StoredMachine, type StoredNetwork } from "./store.ts";

/** What there is of the lab; an unknown lab has nothing. */
export function status(lab: string): LabStatus {
  const network = readNetwork(lab);
  const forwardsUp = network !== undefined && forwardsServe(lab, "app", network.spec.forwards);
  return {
    lab,
    namespace: existsSync(namespacePath(lab)) ? namespace(lab) : null,
    base: network?.base ?? null,
    otherClone: (network && otherClone(network)) ?? null,
    forwards: (network?.spec.forwards ?? []).map((forward) => ({ ...forward, up: forwardsUp })),
    machines: machineNames(lab).map((name) => machineStatus(lab, name, network)),
  };
}

function machineStatus(lab: string, name: string, network: StoredNetwork | undefined): MachineStatus {
  const machine = readMachine(lab, name);
  return {
    name,
    state: machineState(lab, name, machine),
    address: machine?.spec.address ?? null,
    sshPort: machine?.spec.sshPort ?? null,
    sshUp: machine !== undefined && forwardsServe(lab, name, [sshForward(machine.spec)]),
    olderImage: machine !== undefined && machine.base !== network?.base,
    leader: findLeader(lab, name) ?? null,
    cut: readCut(lab, name) ?? null,
  };
}

function machineState(lab: string, name: string, machine: StoredMachine | undefined): MachineStatus["state"] {
  if (groupLives(lab, name)) return groupFrozen(lab, name) ? "frozen" : "running";
  return machine !== undefined && hasDisk(lab, name) ? "stopped" : "missing";
}

/** The lab's status for a person, a line each. */
export function formatStatus({ lab, namespace, otherClone, forwards, machines }: LabStatus): string {
  const lines = [
    `lab ${lab}: network ${namespace ?? "not up"}${otherClone === null ? "" : `, of the clone ${otherClone}`}`,
    ...machines.map(({ name, state, address, sshPort, sshUp, olderImage, leader, cut }) =>
      [
        `  ${name.padEnd(12)} ${state.padEnd(8)} ${(address ?? "-").padEnd(15)} ssh 127.0.0.1:${sshPort ?? "-"}${notUp(sshUp)}`,
        ...(leader === null ? [] : [`pid ${leader}`]),
        ...(olderImage ? ["disk of an older image"] : []),
        ...(cut === null ? [] : [`cut: ${Object.values(cut).join(" ")}`]),
      ].join("  "),
    ),
    ...forwards.map(({ port, to, up }) => `  127.0.0.1:${port} -> ${to}${notUp(up)}`),
  ];
  return `${lines.join("\n")}\n`;
}

function notUp(up: boolean): string {
  return up ? "" : " (not up)";
}
