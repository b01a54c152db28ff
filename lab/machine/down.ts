import { rmSync } from "node:fs";
import { kill, thaw } from "../faults/power.ts";
import { stopForwards } from "../network/forward.ts";
import { machineDir, machineFile } from "../paths.ts";
import { groupFrozen, groupGone, groupLives, groupPath, groupPids } from "../process/group.ts";
import { withMachine, withPorts } from "../process/lock.ts";
import { progress } from "../process/run.ts";
import { machineNames } from "../store.ts";

/** Stops the machine in order; `purge` removes its disk and what is known of it. An unknown one is no error. */
export async function down(lab: string, name: string, { purge = false } = {}): Promise<void> {
  if (!machineNames(lab).includes(name))
    return progress(`lab ${lab} has no machine ${name}: nothing to stop`);
  await withMachine(lab, name, async () => {
    await stopMachine(lab, name);
    await stopForwards(lab, name);
    if (!purge) return;
    // First, as without its spec a disk is never booted again: a purge that is killed leaves half of it.
    await withPorts(lab, async () => rmSync(machineFile(lab, name), { force: true }));
    rmSync(machineDir(lab, name), { recursive: true, force: true });
  });
}

/**
 * Leaves the lab these machines alone: what else it has is taken down, and its disk removed. For a caller whose list
 * has changed, before it brings up the machines on it, as those may have the removed ones' addresses.
 */
export async function retain(lab: string, names: readonly string[]): Promise<void> {
  const others = machineNames(lab).filter((name) => !names.includes(name));
  for (const name of others) progress(`removing machine ${name} of lab ${lab}, its disk with it`);
  await Promise.all(others.map((name) => down(lab, name, { purge: true })));
}

/** Shuts the machine down in order, within 20 s; then like a power cut. Its disk, spec and forwards stay. */
export async function stopMachine(lab: string, name: string): Promise<void> {
  if (groupLives(lab, name)) {
    if (groupFrozen(lab, name)) thaw(lab, name);
    // SIGTERM asks nspawn to power its machine off.
    for (const pid of groupPids(`${groupPath(lab, name)}/machine/supervisor`)) process.kill(pid, "SIGTERM");
    if (!(await groupGone(lab, name, 20_000))) kill(lab, name);
  }
  await groupGone(lab, name, 10_000);
}
