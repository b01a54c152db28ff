import { rmSync } from "node:fs";
import { withMachine } from "./lock.ts";
import { machineDir } from "./paths.ts";
import { progress } from "./progress.ts";
import { stopMachine } from "./stopMachine.ts";
import { machineNames } from "./store.ts";

/** Stops the machine in order; `purge` removes its disk and what is known of it. An unknown one is no error. */
export async function down(lab: string, name: string, { purge = false } = {}): Promise<void> {
  if (!machineNames(lab).includes(name))
    return progress(`lab ${lab} has no machine ${name}: nothing to stop`);
  await withMachine(lab, name, async () => {
    await stopMachine(lab, name);
    if (purge) rmSync(machineDir(lab, name), { recursive: true, force: true });
  });
}
