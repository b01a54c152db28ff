import { existsSync, rmSync } from "node:fs";
import { LabError, noSuchLab } from "../../base/labError.ts";
import { waitFor } from "../../base/waitFor.ts";
import type { MachineSpec, MachineUp } from "../../contract/lab.ts";
import { heal } from "../faults/cut.ts";
import { thaw } from "../faults/freeze.ts";
import { type Claim, claimForwards, releaseClaim, serveForwards, sshForward } from "../network/forward.ts";
import { forgetNeighbour } from "../network/namespace.ts";
import { networkUp } from "../network/network.ts";
import { bridgePort, consoleLog, machineDir, namespace } from "../paths.ts";
import { groupFrozen, groupLives, killGroup } from "../process/group.ts";
import { withMachine, withPorts } from "../process/lock.ts";
import { progress, run } from "../process/run.ts";
import {
  machineNames,
  readMachine,
  readNetwork,
  type StoredMachine,
  type StoredNetwork,
  unknownLab,
  writeMachine,
} from "../store.ts";
import { checkMachine, portTakenBy, takePorts } from "./claims.ts";
import { hasAddress, hasDisk, hostKey, writeDisk } from "./disk.ts";
import { stopMachine } from "./down.ts";
import { findLeader } from "./exec.ts";
import { startMachine, waitForSsh } from "./start.ts";

/**
 * Brings the machine to where its sshd answers; without `spec`, as it was. It keeps the disk that it has, whatever
 * changed, and starts again where its address or the network's prefix did.
 */
export async function up(lab: string, name: string, spec?: MachineSpec): Promise<MachineUp> {
  const network = readNetwork(lab);
  if (network === undefined) throw unknownLab(lab);
  return withMachine(lab, name, async () => {
    const stored = readMachine(lab, name);
    const wanted = spec ?? storedSpec(lab, name, stored);
    await checkMachine(lab, name, wanted, network);
    const base = baseOfDisk(lab, name, stored, network);

    let claim: Claim | undefined;
    try {
      await withPorts(lab, async () => {
        if (spec !== undefined) await takePorts(lab, name, [spec.sshPort]);
        claim = await claimForwards(lab, name, [sshForward(wanted)]);
        // What a purge that was killed left of a disk is none.
        if (stored === undefined) rmSync(machineDir(lab, name), { recursive: true, force: true });
        writeMachine(lab, name, { spec: wanted, base });
      });
      if (!hasAddress(lab, name, wanted, network)) {
        await stopMachine(lab, name);
        await forgetNeighbour(lab, wanted.address);
      }
      const ran = await settle(lab, name);
      await writeDisk(lab, name, wanted, network);
      if (!ran) await startMachine(lab, name, base);
      await serveForwards(lab, name, claim);
      let answers = await waitForSsh(lab, name, wanted.sshPort);
      if (!answers && ran) {
        // It was found on its way down and has ended now.
        await startMachine(lab, name, base);
        answers = await waitForSsh(lab, name, wanted.sshPort);
      }
      if (!answers)
        throw new LabError(
          `Machine ${name} of lab ${lab} ended while it started; see ${consoleLog(lab, name)}.`,
        );
    } finally {
      releaseClaim(claim);
    }
    const ssh = {
      host: "127.0.0.1",
      port: wanted.sshPort,
      user: network.spec.user,
      hostKey: hostKey(lab, name),
    } as const;
    return { name, address: wanted.address, ssh };
  });
}

function storedSpec(lab: string, name: string, stored: StoredMachine | undefined): MachineSpec {
  if (stored === undefined)
    throw new LabError(
      `Lab ${lab} has no machine ${name}; give its spec on stdin (lab up --help).`,
      noSuchLab,
    );
  const taker = portTakenBy(lab, stored);
  if (taker === undefined) return stored.spec;
  throw new LabError(
    `The SSH port of machine ${name} of lab ${lab}, ${stored.spec.sshPort}, went to ${taker}; give ${name} a spec with another on stdin (lab up --help).`,
  );
}

/** The image under the machine's disk: once there is a disk it stays, as nothing else keeps what is on it. */
function baseOfDisk(
  lab: string,
  name: string,
  stored: StoredMachine | undefined,
  network: StoredNetwork,
): string {
  const anew = `lab down ${name} --purge --lab ${lab}, then bring it up again`;
  const base = stored !== undefined && hasDisk(lab, name) ? stored.base : network.base;
  if (!existsSync(base))
    throw new LabError(`The image of ${name}'s disk, ${base}, is gone; make a new disk: ${anew}.`);
  if (base !== network.base)
    progress(
      `machine ${name} of lab ${lab} keeps its disk, made from an older image: packages asked for since are not on it; for a new one, without the data of the old: ${anew}`,
    );
  return base;
}

/** True where the machine runs, freely: thawed, its cable in place. One whose power was just cut does not. */
async function settle(lab: string, name: string): Promise<boolean> {
  const runs = await waitFor(10_000, async () => {
    if (!groupLives(lab, name)) return false;
    return findLeader(lab, name) !== undefined && (await hasCable(lab, name)) ? true : undefined;
  });
  if (!runs) {
    killGroup(lab, name);
    return false;
  }
  if (groupFrozen(lab, name)) thaw(lab, name);
  heal(lab, name);
  return true;
}

async function hasCable(lab: string, name: string): Promise<boolean> {
  const links = await run(["ip", "-n", namespace(lab), "-brief", "link", "show", "type", "veth"]);
  return links.split("\n").some((line) => line.startsWith(`${bridgePort(name)}@`));
}

/** Brings back the network, the forwards and every machine that the lab knows, with their disks. */
export async function upAll(lab: string): Promise<MachineUp[]> {
  await networkUp(lab);
  return Promise.all(
    machineNames(lab)
      .filter((name) => canBeStarted(lab, name))
      .map((name) => up(lab, name)),
  );
}

function canBeStarted(lab: string, name: string): boolean {
  const machine = readMachine(lab, name);
  // A folder without a spec is what a kill left of a machine that never was, or is no more.
  if (machine === undefined) return false;
  const taker = portTakenBy(lab, machine);
  if (taker === undefined) return true;
  progress(`machine ${name} is left out until it is given another SSH port: ${taker} has it now`);
  return false;
}
