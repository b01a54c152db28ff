import { existsSync, rmdirSync, rmSync } from "node:fs";
import { Failure } from "../../base/failure.ts";
import type { NetworkSpec, NetworkUp } from "../../contract/lab.ts";
import { baseImage } from "../image/baseImage.ts";
import { checkHost } from "../image/hostNeeds.ts";
import { takePorts } from "../machine/claims.ts";
import { assertOwnLab, assertSameState, ownClone } from "../owner.ts";
import { labRun, labState, namespace, namespacePath, runRoot, stateRoot } from "../paths.ts";
import { groupGone, groupsOf, killGroup, killIfThere, removeGroups } from "../process/group.ts";
import { labLockFile, withLab } from "../process/lock.ts";
import { progress, run } from "../process/run.ts";
import { readNetwork, unknownLab, writeNetwork } from "../store.ts";
import { claimForwards, claimPorts, releaseClaim, serveForwards } from "./forward.ts";
import { makeNamespace, namespaceLives } from "./namespace.ts";

/** Makes the lab's image, network and forwards, or what is missing of them; without `spec`, the stored ones. */
export function networkUp(lab: string, spec?: NetworkSpec): Promise<NetworkUp> {
  const wanted = spec ?? readNetwork(lab)?.spec;
  if (wanted === undefined) throw unknownLab(lab);
  return withLab(lab, async () => {
    assertOwnLab(lab);
    assertSameState(lab, readNetwork(lab)?.spec, wanted);
    if (!(await namespaceLives(lab))) checkHost();
    const ports = wanted.forwards.map(({ port }) => port);
    if (spec !== undefined) await takePorts(lab, "app", ports);
    const claim = await claimForwards(lab, "app", wanted.forwards);
    try {
      const base = await baseImage(wanted);
      writeNetwork(lab, { spec: wanted, base, clone: ownClone });
      await makeNamespace(lab, wanted);
      await serveForwards(lab, "app", claim);
      return { lab, namespace: namespace(lab), base };
    } finally {
      releaseClaim(claim);
    }
  });
}

/** Removes everything of the lab except the cached image. */
export async function networkDown(lab: string): Promise<void> {
  const remains =
    [labState(lab), labRun(lab), namespacePath(lab)].some(existsSync) || groupsOf(lab).length > 0;
  if (!remains) return progress(`there is no lab ${lab}: nothing to remove`);
  await withLab(lab, async () => {
    const groups = groupsOf(lab);
    for (const group of groups) killGroup(lab, group);
    const gone = await Promise.all(groups.map((group) => groupGone(lab, group, 20_000)));
    if (gone.includes(false))
      throw new Failure(
        `Processes of lab ${lab} did not end; inspect them with systemd-cgls, then run this again.`,
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
  // Processes on the application server would keep the namespace alive after its name is gone.
  const pids = await run(["ip", "netns", "pids", namespace(lab)]).catch(() => "");
  for (const pid of pids.split("\n").filter(Boolean)) killIfThere(Number(pid));
  await run(["ip", "netns", "delete", namespace(lab)]);
}

/** It may have other labs in it, and may be a mount point. */
function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    if (!["ENOENT", "ENOTEMPTY", "EBUSY"].includes(code)) throw error;
  }
}

/** @throws Failure where this host cannot carry a lab or one of the loopback ports is in use. Changes nothing. */
export async function check(ports: readonly number[]): Promise<void> {
  checkHost();
  releaseClaim(await claimPorts(ports.map((port) => ({ port, to: "" }))));
}
