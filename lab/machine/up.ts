import { existsSync, rmSync } from "node:fs";
import { Failure } from "../../base/failure.ts";
import { waitFor } from "../../base/waitFor.ts";
import type { MachineSpec, MachineUp } from "../../contract/lab.ts";
import { heal } from "../faults/cut.ts";
import { thaw } from "../faults/power.ts";
import { type Claim, claimForwards, releaseClaim, serveForwards, sshForward } from "../network/forward.ts";
import { forgetNeighbour } from "../network/namespace.ts";
import { networkUp } from "../network/network.ts";
import { bridgePort, consoleLog, machineDir, namespace } from "../paths.ts";
import { groupFrozen, groupLives, killGroup } from "../process/group.ts";
import { withMachine, withPorts } from "../process/lock.ts";
import { progress, run } from "../process/run.ts";
import {
  machineNames,
  noSuchLab,
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
 * Starts the machine and waits until its sshd answers; without `spec`, with the stored one. It always keeps the disk
 * that it has. A running machine is restarted where its address or the network's prefix has changed.
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
        // A folder without a spec is what a killed purge left of a disk.
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
        // It was shutting down when it was found, and has ended now.
        await startMachine(lab, name, base);
        answers = await waitForSsh(lab, name, wanted.sshPort);
      }
      if (!answers)
        throw new Failure(
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
    throw new Failure(
      `Lab ${lab} has no machine ${name}; give its spec on stdin (lab up --help).`,
      noSuchLab,
    );
  const taker = portTakenBy(lab, stored);
  if (taker === undefined) return stored.spec;
  throw new Failure(
    `The SSH port of machine ${name} of lab ${lab}, ${stored.spec.sshPort}, went to ${taker}; give ${name} a spec with another port on stdin (lab up --help).`,
  );
}

/** The image under the machine's disk. A disk keeps its image: it is a layer over it and unusable without it. */
function baseOfDisk(
  lab: string,
  name: string,
  stored: StoredMachine | undefined,
  network: StoredNetwork,
): string {
  const remedy = `lab down ${name} --purge --lab ${lab}, then bring it up again`;
  const base = stored !== undefined && hasDisk(lab, name) ? stored.base : network.base;
  if (!existsSync(base))
    throw new Failure(`The image of ${name}'s disk, ${base}, is missing; make a new disk: ${remedy}.`);
  if (base !== network.base)
    progress(
      `machine ${name} of lab ${lab} keeps its disk, made from an older image: packages added since are not on it; for a new disk, without the old one's data: ${remedy}`,
    );
  return base;
}

/** Thaws and heals a machine that runs. False where none does; one that lost its power a moment ago is killed. */
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

/** Starts the network, the forwards and every machine that the lab knows, from its disk. */
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
  // A folder without a spec is what a killed `up` or purge left.
  if (machine === undefined) return false;
  const taker = portTakenBy(lab, machine);
  if (taker === undefined) return true;
  progress(`machine ${name} is not started until it gets another SSH port: ${taker} has its port now`);
  return false;
}
