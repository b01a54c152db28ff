import { existsSync, statfsSync } from "node:fs";
import { freemem } from "node:os";
import { dirname } from "node:path";
import { mayBecomeRoot } from "../../../base/becomeRoot.ts";
import { messageOf } from "../../../base/failure.ts";
import { labSpec, loopbackPorts } from "../../../components/machines/lab/labSpec.ts";
import { imagePath } from "../../../lab/image/baseImage.ts";
import { missingCommands } from "../../../lab/image/hostNeeds.ts";
import { claimPorts, releaseClaim } from "../../../lab/network/forward.ts";
import { imageRoot, stateRoot } from "../../../lab/paths.ts";
import { hostPackages } from "../../../render/roles/roles.ts";
import type { Target, Topology } from "../../../topology/topology.ts";
import type { Finding } from "../../doctor/finding.ts";
import { checkHost, labState } from "./lab.ts";
import { type LabLook, labFindings } from "./labFindings.ts";

/** Looks at this machine as the place of a lab. */
export async function examineLab(target: Target<"lab">, topology: Topology): Promise<readonly Finding[]> {
  const spec = labSpec(target, topology, hostPackages);
  const machines = spec.machines.map(({ name }) => name);
  const look: LabLook = {
    disks: { folder: stateRoot, freeMb: freeMb(stateRoot) },
    image: { folder: imageRoot, freeMb: freeMb(imageRoot), isThere: existsSync(imagePath(spec.network)) },
    memoryMb: freemem() / mb,
  };
  if (!mayBecomeRoot()) return labFindings(target.name, machines, look);
  const state = await labState(target.name);
  const hasTools = missingCommands().length === 0;
  const isUp = state.up || state.running.size > 0;
  return labFindings(target.name, machines, {
    ...look,
    asRoot: {
      state,
      trouble: hasTools ? await troubleOf(target.name) : undefined,
      // A lab that is up has them itself.
      takenPorts: isUp ? [] : await takenOf(loopbackPorts(spec)),
    },
  });
}

const mb = 1024 * 1024;

/** Why this machine cannot carry a lab, in the lab's own words. */
const troubleOf = (name: string): Promise<string | undefined> =>
  checkHost(name, []).then(() => undefined, messageOf);

async function takenOf(ports: readonly number[]): Promise<readonly string[]> {
  const taken: string[] = [];
  for (const port of ports)
    await claimPorts([{ port, to: "" }]).then(releaseClaim, (error) => taken.push(messageOf(error)));
  return taken;
}

/** Of the file system on which the folder is, or will be. */
function freeMb(folder: string): number {
  if (!existsSync(folder)) return freeMb(dirname(folder));
  const { bavail, bsize } = statfsSync(folder);
  return (bavail * bsize) / mb;
}
