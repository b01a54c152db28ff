import { stopForwards } from "./forward.ts";
import { progress } from "./progress.ts";
import { machineNames, readMachine, readNetwork, type StoredMachine, writeMachine } from "./store.ts";

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
