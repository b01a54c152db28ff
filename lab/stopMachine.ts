import { groupFrozen, groupGone, groupLives, groupPath, groupPids } from "./group.ts";
import { kill } from "./kill.ts";
import { thaw } from "./thaw.ts";

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
