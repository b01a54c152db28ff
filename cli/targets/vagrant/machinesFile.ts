import { homedir } from "node:os";
import { resolve } from "node:path";
import { Failure, messageOf } from "../../../base/failure.ts";
import { writeAtomically } from "../../../base/files.ts";
import { machinesFile } from "../../../base/vagrantFiles.ts";
import { vagrantSpec } from "../../../components/machines/vagrant/vagrantSpec.ts";
import {
  settingsOfMaking,
  type VagrantBox,
  type VagrantMachines,
} from "../../../contract/vagrantMachines.ts";
import type { Target, Topology } from "../../../topology/topology.ts";
import { knownMachines } from "../../../vagrant/known.ts";
import { storedMachines } from "../../../vagrant/machinesFile.ts";
import { root } from "../../session/home.ts";
import { boxOfFile } from "./boxFile.ts";
import type { Adapter } from "./bridge/adapter.ts";
import { adaptersOf } from "./bridge/adapters.ts";
import { chooseBridge } from "./bridge/chooseBridge.ts";
import { otherMachines } from "./otherMachines.ts";
import { toolTroubles } from "./tools/troubles.ts";

/** What this machine has for the machines of a stack. */
interface Found {
  /** Everything that keeps them from being made, a sentence each. */
  readonly troubles: readonly string[];
  readonly bridge?: Adapter;
  readonly box?: VagrantBox;
  /** What Vagrant is to read; absent where there are troubles. */
  readonly machines?: VagrantMachines;
}

/**
 * Looks at this machine, and changes nothing.
 * @param vagrantVersion it is asked where that is undefined
 */
export async function machinesOf(
  stack: string,
  target: Target<"vagrant">,
  topology: Topology,
  vagrantVersion?: string,
): Promise<Found> {
  const { provider } = target;
  const [tools, way] = await Promise.all([
    toolTroubles(provider, vagrantVersion),
    adaptersOf(provider)
      .then((adapters) => ({ bridge: chooseBridge(target, topology.network, adapters) }))
      .catch((error) => ({ trouble: messageOf(error) })),
  ]);
  const { box, ...spec } = vagrantSpec(target, topology);
  const own = placed(box);
  const troubles = [
    ...tools,
    ...otherMachines({ stack, provider }, storedMachines()?.stack, knownMachines()),
    ...[own, way].flatMap((found) => ("trouble" in found ? [found.trouble] : [])),
  ];
  return {
    // Without the provider's program nothing of it answers, for one reason.
    troubles: [...new Set(troubles)],
    ...("box" in own && { box: own.box }),
    ...("bridge" in way && { bridge: way.bridge }),
    ...(troubles.length === 0 &&
      "box" in own &&
      "bridge" in way && {
        machines: {
          ...{ version: 1, stack, ...spec, box: own.box, bridge: way.bridge.name },
          ofMaking: [...settingsOfMaking[provider]],
        },
      }),
  };
}

/** Writes what Vagrant reads of a stack. @throws Failure with everything that keeps its machines from being made */
export async function writeMachines(...args: Parameters<typeof machinesOf>): Promise<VagrantMachines> {
  const { machines, troubles } = await machinesOf(...args);
  if (machines === undefined) throw new Failure(troubles.join("\n"));
  // Other users' commands read it too, and no secret is in it.
  writeAtomically(machinesFile, `${JSON.stringify(machines, null, 2)}\n`, 0o644);
  return machines;
}

/** A relative path of a box file begins at the project's folder, wherever the command runs. */
function placed(box: VagrantBox): ReturnType<typeof boxOfFile> {
  return box.file === undefined
    ? { box }
    : boxOfFile(box, resolve(root, box.file.replace(/^~(?=\/)/, homedir())));
}
