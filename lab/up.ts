import { existsSync, rmSync } from "node:fs";
import { checkMachine } from "./checkMachine.ts";
import { hasAddress, hasDisk, hostKey, writeDisk } from "./disk.ts";
import { forgetNeighbour } from "./forgetNeighbour.ts";
import { type Claim, claimForwards, releaseClaim, serveForwards, sshForward } from "./forward.ts";
import { groupFrozen, groupLives, killGroup } from "./group.ts";
import { heal } from "./heal.ts";
import { LabError, noSuchLab } from "./labError.ts";
import { findLeader } from "./leader.ts";
import { withMachine, withPorts } from "./lock.ts";
import { unknownLab } from "./networkUp.ts";
import { bridgePort, consoleLog, machineDir, namespace } from "./paths.ts";
import { progress } from "./progress.ts";
import { run } from "./run.ts";
import type { MachineSpec } from "./spec.ts";
import { portTakenBy, takePorts } from "./sshPort.ts";
import { startMachine } from "./startMachine.ts";
import { stopMachine } from "./stopMachine.ts";
import { readMachine, readNetwork, type StoredMachine, type StoredNetwork, writeMachine } from "./store.ts";
import { thaw } from "./thaw.ts";
import { waitFor } from "./waitFor.ts";
import { waitForSsh } from "./waitForSsh.ts";

export type MachineUp = {
  name: string;
  address: string;
  ssh: { host: "127.0.0.1"; port: number; user: string; hostKey: string };
};

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
