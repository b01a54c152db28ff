import { LabError } from "../../base/labError.ts";
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

/** @throws LabError, one sentence, where the lab cannot have such a machine now. Touches nothing. */
export async function checkMachine(
  lab: string,
  name: string,
  { address }: MachineSpec,
  { spec }: StoredNetwork,
): Promise<void> {
  if (!(await namespaceLives(lab)))
    throw new LabError(`The network of lab ${lab} is not up; bring all of it back: lab up --lab ${lab}.`);
  if (!inside(address, spec.cidr))
    throw new LabError(
      `address: ${address} is outside ${spec.cidr}, the network of lab ${lab}; choose one inside.`,
    );
  if (address === spec.app) throw new LabError(`address: ${address} is app's in lab ${lab}; choose another.`);
  const others = machineNames(lab).filter((other) => other !== name);
  const owner = others.find((other) => readMachine(lab, other)?.spec.address === address);
  if (owner !== undefined)
    throw new LabError(
      `address: ${address} is ${owner}'s in lab ${lab}; choose another or, if ${owner} is to go, remove it and its disk first: lab down ${owner} --purge --lab ${lab}.`,
    );
}

/**
 * Ends the forwards by which other machines of the lab have these loopback ports, and notes who has them now: where a
 * list of machines has changed, each gets its new port at an `up` of its own, in any order. Under `withPorts` or
 * `withLab`.
 */
export async function takePorts(lab: string, owner: string, ports: readonly number[]): Promise<void> {
  for (const name of machineNames(lab).filter((name) => name !== owner)) {
    const machine = readMachine(lab, name);
    if (machine === undefined || !ports.includes(machine.spec.sshPort) || machine.portTakenBy === owner)
      continue;
    progress(`127.0.0.1:${machine.spec.sshPort} of machine ${name} of lab ${lab} goes to ${owner}`);
    await stopForwards(lab, name);
    writeMachine(lab, name, { ...machine, portTakenBy: owner });
  }
}

/** Who has the SSH port that the machine had; undefined where the machine may have it, again too. */
export function portTakenBy(lab: string, { spec, portTakenBy: taker }: StoredMachine): string | undefined {
  if (taker === undefined) return undefined;
  const has =
    readMachine(lab, taker)?.spec.sshPort === spec.sshPort ||
    (taker === "app" && readNetwork(lab)?.spec.forwards.some(({ port }) => port === spec.sshPort));
  return has ? taker : undefined;
}
