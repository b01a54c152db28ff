import { networkUp } from "./networkUp.ts";
import { progress } from "./progress.ts";
import { portTakenBy } from "./sshPort.ts";
import { machineNames, readMachine } from "./store.ts";
import { type MachineUp, up } from "./up.ts";

/** Brings back the network, the forwards and every machine that the lab knows, with their disks. */
export async function upAll(lab: string): Promise<MachineUp[]> {
  await networkUp(lab);
  return Promise.all(
    machineNames(lab)
      .filter((name) => canBeStarted(lab, name))
      .map((name) => up(lab, name)),
  );
}

function canBeStarted(lab: string, name: string): boolean {
  const machine = readMachine(lab, name);
  // A folder without a spec is what a kill left of a machine that never was, or is no more.
  if (machine === undefined) return false;
  const taker = portTakenBy(lab, machine);
  if (taker === undefined) return true;
  progress(`machine ${name} is left out until it is given another SSH port: ${taker} has it now`);
  return false;
}
