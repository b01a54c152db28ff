import { Failure } from "../../base/failure.ts";
import type { MachineSpec } from "../../contract/lab.ts";
import { stopForwards } from "../network/forward.ts";
import { namespaceLives } from "../network/namespace.ts";
import { progress } from "../process/run.ts";
import { inside } from "../spec.ts";
import {
  machineNames,
  readMachine,
  readNetwork,
  type StoredMachine,
  type StoredNetwork,
  writeMachine,
} from "../store.ts";

/** @throws Failure where the lab cannot have such a machine now. Changes nothing. */
export async function checkMachine(
  lab: string,
  name: string,
  { address }: MachineSpec,
  { spec }: StoredNetwork,
): Promise<void> {
  if (!(await namespaceLives(lab)))
    throw new Failure(`The network of lab ${lab} is not up; start the whole lab: lab up --lab ${lab}.`);
  if (!inside(address, spec.cidr))
    throw new Failure(
      `address: ${address} is outside ${spec.cidr}, the network of lab ${lab}; choose one inside.`,
    );
  if (address === spec.app)
    throw new Failure(`address: ${address} belongs to app in lab ${lab}; choose another.`);
  const others = machineNames(lab).filter((other) => other !== name);
  const owner = others.find((other) => readMachine(lab, other)?.spec.address === address);
  if (owner !== undefined)
    throw new Failure(
      `address: ${address} belongs to ${owner} in lab ${lab}; choose another, or first remove ${owner} with its disk: lab down ${owner} --purge --lab ${lab}.`,
    );
}

/**
 * Gives these loopback ports to `owner`: ends the forwards of the lab's other machines that have them, and records who
 * has them now. Where a changed config swaps ports, the `up` of each machine gives it its new one, in any order.
 * Call it under `withPorts` or `withLab`.
 */
export async function takePorts(lab: string, owner: string, ports: readonly number[]): Promise<void> {
  for (const name of machineNames(lab).filter((name) => name !== owner)) {
    const machine = readMachine(lab, name);
    if (machine === undefined || !ports.includes(machine.spec.sshPort) || machine.portTakenBy === owner)
      continue;
    progress(`127.0.0.1:${machine.spec.sshPort} moves from machine ${name} of lab ${lab} to ${owner}`);
    await stopForwards(lab, name);
    writeMachine(lab, name, { ...machine, portTakenBy: owner });
  }
}

/** Who has taken over the machine's SSH port; undefined where the machine may use it (again). */
export function portTakenBy(lab: string, { spec, portTakenBy: taker }: StoredMachine): string | undefined {
  if (taker === undefined) return undefined;
  const hasIt =
    readMachine(lab, taker)?.spec.sshPort === spec.sshPort ||
    (taker === "app" && readNetwork(lab)?.spec.forwards.some(({ port }) => port === spec.sshPort));
  return hasIt ? taker : undefined;
}
