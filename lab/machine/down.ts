import { rmSync } from "node:fs";
import { kill, thaw } from "../faults/power.ts";
import { stopForwards } from "../network/forward.ts";
import { machineDir, machineFile } from "../paths.ts";
import { groupFrozen, groupGone, groupLives, groupPath, groupPids } from "../process/group.ts";
import { withMachine, withPorts } from "../process/lock.ts";
import { progress } from "../process/run.ts";
import { machineNames } from "../store.ts";

/** Shuts the machine down; `purge` also removes its disk and spec. An unknown machine is not an error. */
export async function down(lab: string, name: string, { purge = false } = {}): Promise<void> {
  if (!machineNames(lab).includes(name))
    return progress(`lab ${lab} has no machine ${name}: nothing to stop`);
  await withMachine(lab, name, async () => {
    await stopMachine(lab, name);
    await stopForwards(lab, name);
    if (!purge) return;
    // The spec first: no disk is booted without one, not even half of a disk that a killed purge left.
    await withPorts(lab, async () => rmSync(machineFile(lab, name), { force: true }));
    rmSync(machineDir(lab, name), { recursive: true, force: true });
  });
}

/**
 * Removes all other machines of the lab, with their disks. For a caller whose list has changed: first, because the
 * machines that it starts next may have addresses of the removed ones.
 */
export async function retain(lab: string, names: readonly string[]): Promise<void> {
  const others = machineNames(lab).filter((name) => !names.includes(name));
  for (const name of others) progress(`removing machine ${name} of lab ${lab} and its disk`);
  await Promise.all(others.map((name) => down(lab, name, { purge: true })));
}

/** Shuts the machine down; after 20 s its power is cut. Its disk, spec and forwards stay. */
export async function stopMachine(lab: string, name: string): Promise<void> {
  if (groupLives(lab, name)) {
    if (groupFrozen(lab, name)) thaw(lab, name);
    // SIGTERM asks nspawn to power its machine off.
    for (const pid of groupPids(`${groupPath(lab, name)}/machine/supervisor`)) process.kill(pid, "SIGTERM");
    if (!(await groupGone(lab, name, 20_000))) kill(lab, name);
  }
  await groupGone(lab, name, 10_000);
}
