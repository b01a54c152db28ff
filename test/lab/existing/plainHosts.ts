import { expect } from "vitest";
import { copiedPrograms } from "../../../components/HostDelivery.ts";
import { packagesCommand } from "../../../components/machines/hosts/packages.ts";
import { hostsOf } from "../../../topology/hosts.ts";
import { must } from "../hosts/onHost.ts";
import { differences, type Snapshot, snapshot } from "../hosts/snapshot.ts";
import { type BareLab, ownHost } from "./bareLab.ts";

/** What the machines without a configuration of their own were, with their packages and before their first apply. */
const before = new Map<string, Snapshot>();

/** Installs the packages of the plain machines as a roll-out does, and takes their snapshots. */
export async function rememberPackages({ lab, topology }: BareLab): Promise<void> {
  for (const host of hostsOf(topology()).filter(({ name }) => name !== ownHost)) {
    const { name } = host;
    // Waits for the end of an installation that an interrupted roll-out has left.
    const { command, stdin } = packagesCommand(host);
    await must(lab, name, ["sh", "-c", command], stdin);
    await must(lab, name, ["test", "!", "-e", "/var/lib/hapair/current"]);
    // It may have come as far as the copy of its program, which the next one removes.
    await must(lab, name, ["sh", "-c", `rm -f /home/*/${copiedPrograms}`]);
    before.set(name, await snapshot(lab, name));
  }
}

const lasting = ["files", "enablement", "accounts"];

/** A plain machine that was given back is as it was; of one that has booted since, what a boot does not change. */
export async function isPlainAgain({ lab }: BareLab, name: string, hasBooted = false): Promise<void> {
  const parts = (all: Snapshot): Snapshot =>
    Object.fromEntries(Object.entries(all).filter(([part]) => !hasBooted || lasting.includes(part)));
  const first = before.get(name);
  expect(first, `${name} has a first snapshot`).toBeDefined();
  expect(differences(first && parts(first), parts(await snapshot(lab, name))), name).toEqual([]);
}
