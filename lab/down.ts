import { rmSync } from "node:fs";
import { stopForwards } from "./forward.ts";
import { withMachine, withPorts } from "./lock.ts";
import { machineDir, machineFile } from "./paths.ts";
import { progress } from "./progress.ts";
import { stopMachine } from "./stopMachine.ts";
import { machineNames } from "./store.ts";

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
