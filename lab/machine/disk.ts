import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { isMissing, readIfThere, writeAtomically } from "../../base/files.ts";
import { type MachineSpec, machineInterface, type NetworkSpec } from "../../contract/lab.ts";
import { machineDir, upperDir } from "../paths.ts";
import { withNames } from "../process/lock.ts";
import { run } from "../process/run.ts";
import { machineNames, readMachine, type StoredNetwork } from "../store.ts";
import { findLeader } from "./exec.ts";

const hostKeyFile = "etc/ssh/ssh_host_ed25519_key";
const networkUnitFile = `etc/systemd/network/10-${machineInterface}.network`;

/** Where to write the machine's files: the layer itself must not change while it is mounted. */
function diskRoot(lab: string, name: string): string {
  const leader = findLeader(lab, name);
  return leader === undefined ? upperDir(lab, name) : `/proc/${leader}/root`;
}

/** True where the machine has a disk. */
export function hasDisk(lab: string, name: string): boolean {
  return existsSync(`${upperDir(lab, name)}/${hostKeyFile}`);
}

/** True where a machine that runs from this disk has this address and the network's prefix. */
export function hasAddress(
  lab: string,
  name: string,
  spec: MachineSpec,
  { spec: network }: StoredNetwork,
): boolean {
  return readIfThere(`${upperDir(lab, name)}/${networkUnitFile}`) === networkUnit(spec, network);
}

/** Makes the machine's disk, or updates the files that the lab decides: name, addresses, keys. */
export async function writeDisk(
  lab: string,
  name: string,
  spec: MachineSpec,
  { spec: network }: StoredNetwork,
): Promise<void> {
  for (const folder of ["upper", "work", "root"])
    mkdirSync(`${machineDir(lab, name)}/${folder}`, { recursive: true });
  // Inside, the layer's folder is `/`: its mode counts there.
  chmodSync(upperDir(lab, name), 0o755);
  const root = diskRoot(lab, name);
  writeAtomically(`${root}/etc/hostname`, `${name}\n`, 0o644);
  writeAtomically(`${root}/${networkUnitFile}`, networkUnit(spec, network), 0o644);
  writeAtomically(`${root}/etc/ssh/authorized_keys/${network.user}`, `${spec.authorizedKey}\n`, 0o644);
  if (!existsSync(`${root}/etc/machine-id`))
    writeAtomically(`${root}/etc/machine-id`, `${randomBytes(16).toString("hex")}\n`, 0o444);
  await makeHostKey(`${root}/${hostKeyFile}`, name);
  await writeNames(lab, network);
}

/** `ssh-ed25519 AAAA…` of the machine's sshd. */
export function hostKey(lab: string, name: string): string {
  const text = readFileSync(`${diskRoot(lab, name)}/${hostKeyFile}.pub`, "utf8");
  return text.trim().split(" ").slice(0, 2).join(" ");
}

async function makeHostKey(path: string, name: string): Promise<void> {
  if (existsSync(path)) return;
  const partial = `${path}.partial`;
  rmSync(partial, { force: true });
  await run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", `root@${name}`, "-f", partial]);
  renameSync(`${partial}.pub`, `${path}.pub`);
  renameSync(partial, path);
}

/** Writes the names of all machines, and the network's further ones, to /etc/hosts of each machine. */
function writeNames(lab: string, { app, names: further = {} }: NetworkSpec): Promise<void> {
  return withNames(lab, async () => {
    const names = machineNames(lab);
    const lines = names.flatMap((name) => {
      const machine = readMachine(lab, name);
      return machine === undefined ? [] : [`${machine.spec.address} ${name}`];
    });
    lines.push(...Object.entries(further).map(([name, address]) => `${address} ${name}`));
    const text = `${["127.0.0.1 localhost", `${app} app`, ...lines].join("\n")}\n`;
    for (const name of names) if (existsSync(upperDir(lab, name))) writeHosts(lab, name, text);
  });
}

/** Other machines are not locked: one that stops while it is written to gets the names when it starts. */
function writeHosts(lab: string, name: string, text: string): void {
  const root = diskRoot(lab, name);
  try {
    writeAtomically(`${root}/etc/hosts`, text, 0o644);
  } catch (error) {
    if (!isMissing(error) || root === upperDir(lab, name)) throw error;
  }
}

function networkUnit({ address }: MachineSpec, { cidr, gateway }: NetworkSpec): string {
  return `[Match]
Name=${machineInterface}
[Network]
Address=${address}/${cidr.split("/")[1]}
${gateway === undefined ? "" : `Gateway=${gateway}\n`}LinkLocalAddressing=no
IPv6AcceptRA=no
ConfigureWithoutCarrier=yes
# Addresses that others add to the interface stay.
KeepConfiguration=yes
`;
}
