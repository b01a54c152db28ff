import { existsSync } from "node:fs";
import { hostKey, writeDisk } from "./disk.ts";
import { claimForwards, releaseClaim, serveForwards } from "./forward.ts";
import { groupFrozen, groupLives, killGroup } from "./group.ts";
import { heal } from "./heal.ts";
import { LabError, noSuchLab } from "./labError.ts";
import { findLeader } from "./leader.ts";
import { withMachine } from "./lock.ts";
import { namespaceLives } from "./makeNamespace.ts";
import { unknownLab } from "./networkUp.ts";
import { bridgePort, consoleLog, namespace } from "./paths.ts";
import { run } from "./run.ts";
import { inside, type MachineSpec } from "./spec.ts";
import { startMachine } from "./startMachine.ts";
import { stopMachine } from "./stopMachine.ts";
import { machineNames, readMachine, readNetwork, type StoredNetwork, writeMachine } from "./store.ts";
import { thaw } from "./thaw.ts";
import { waitFor } from "./waitFor.ts";
import { waitForSsh } from "./waitForSsh.ts";

export type MachineUp = {
  name: string;
  address: string;
  ssh: { host: "127.0.0.1"; port: number; user: string; hostKey: string };
};

/** Brings the machine to where its sshd answers, with the disk it has or a new one; without `spec`, as it was. */
export async function up(lab: string, name: string, spec?: MachineSpec): Promise<MachineUp> {
  const network = readNetwork(lab);
  if (network === undefined) throw unknownLab(lab);
  return withMachine(lab, name, async () => {
    const stored = readMachine(lab, name);
    const wanted = spec ?? stored?.spec;
    if (wanted === undefined)
      throw new LabError(
        `Lab ${lab} has no machine ${name}; give its spec on stdin (lab up --help).`,
        noSuchLab,
      );
    await check(lab, name, wanted, network);
    const base = stored?.base ?? network.base;
    if (!existsSync(base))
      throw new LabError(
        `The image of ${name}'s disk, ${base}, is gone; make a new disk: lab down ${name} --purge --lab ${lab}, then up.`,
      );

    const claim = await claimForwards(lab, name, [{ port: wanted.sshPort, to: `${wanted.address}:22` }]);
    try {
      if (stored !== undefined && stored.spec.address !== wanted.address) await stopMachine(lab, name);
      writeMachine(lab, name, { spec: wanted, base });
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

async function check(
  lab: string,
  name: string,
  { address }: MachineSpec,
  { spec }: StoredNetwork,
): Promise<void> {
  if (!(await namespaceLives(lab)))
    throw new LabError(`The network of lab ${lab} is not up; bring all of it back: lab up --lab ${lab}.`);
  if (!inside(address, spec.cidr))
    throw new LabError(
      `address: ${address} is outside ${spec.cidr}, the network of lab ${lab}; choose one inside.`,
    );
  const others = machineNames(lab).filter((other) => other !== name);
  const owner =
    address === spec.app ? "app" : others.find((other) => readMachine(lab, other)?.spec.address === address);
  if (owner !== undefined)
    throw new LabError(`address: ${address} is ${owner}'s in lab ${lab}; choose another.`);
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
