import { existsSync, rmdirSync, rmSync } from "node:fs";
import { groupGone, groupsOf, killGroup, killIfThere, removeGroups } from "./group.ts";
import { LabError } from "./labError.ts";
import { labLockFile, withLab } from "./lock.ts";
import { labRun, labState, namespace, namespacePath, runRoot, stateRoot } from "./paths.ts";
import { progress } from "./progress.ts";
import { run } from "./run.ts";

/** Removes everything of the lab but the cached image. */
export async function networkDown(lab: string): Promise<void> {
  const traces =
    [labState(lab), labRun(lab), namespacePath(lab)].some(existsSync) || groupsOf(lab).length > 0;
  if (!traces) return progress(`there is no lab ${lab}: nothing to remove`);
  await withLab(lab, async () => {
    const groups = groupsOf(lab);
    for (const group of groups) killGroup(lab, group);
    const gone = await Promise.all(groups.map((group) => groupGone(lab, group, 20_000)));
    if (gone.includes(false))
      throw new LabError(
        `Processes of lab ${lab} do not end; look at them: systemd-cgls, then run this again.`,
      );
    removeGroups(lab);
    await removeNamespace(lab);
    rmSync(labState(lab), { recursive: true, force: true });
    rmSync(labRun(lab), { recursive: true, force: true });
    rmSync(labLockFile(lab), { force: true });
    for (const folder of [stateRoot, runRoot]) removeIfEmpty(folder);
  });
}

async function removeNamespace(lab: string): Promise<void> {
  if (!existsSync(namespacePath(lab))) return;
  // What was started on the application server would keep the namespace alive, without a name.
  const pids = await run(["ip", "netns", "pids", namespace(lab)]).catch(() => "");
  for (const pid of pids.split("\n").filter(Boolean)) killIfThere(Number(pid));
  await run(["ip", "netns", "delete", namespace(lab)]);
}

/** Other labs may be in it, and it may be a mount point: a disk of its own. */
function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    if (!["ENOENT", "ENOTEMPTY", "EBUSY"].includes(code)) throw error;
  }
}
