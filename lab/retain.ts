import { down } from "./down.ts";
import { progress } from "./progress.ts";
import { machineNames } from "./store.ts";

/**
 * Leaves the lab these machines alone: what else it has is taken down, and its disk removed. For a caller whose list
 * has changed, before it brings up the machines on it, as those may have the removed ones' addresses.
 */
export async function retain(lab: string, names: readonly string[]): Promise<void> {
  const others = machineNames(lab).filter((name) => !names.includes(name));
  for (const name of others) progress(`removing machine ${name} of lab ${lab}, its disk with it`);
  await Promise.all(others.map((name) => down(lab, name, { purge: true })));
}
