import { networkUp } from "./networkUp.ts";
import { machineNames, readMachine } from "./store.ts";
import { type MachineUp, up } from "./up.ts";

/** Brings back the network, the forwards and every machine that the lab knows, with their disks. */
export async function upAll(lab: string): Promise<MachineUp[]> {
  await networkUp(lab);
  // A folder without a spec is what a kill left of a machine that never was.
  const known = machineNames(lab).filter((name) => readMachine(lab, name) !== undefined);
  return Promise.all(known.map((name) => up(lab, name)));
}
