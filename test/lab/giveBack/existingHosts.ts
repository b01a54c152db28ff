import { readFileSync } from "node:fs";
import { expect } from "vitest";
import { freeLabName, freePorts } from "../../../lab/freeLab.ts";
import { exec } from "../../../lab/machine/exec.ts";
import { up } from "../../../lab/machine/up.ts";
import { networkDown, networkUp } from "../../../lab/network/network.ts";
import { renderHost } from "../../../render/bundle.ts";
import { shownFacts } from "../../../render/hostFacts.ts";
import { hostPackages } from "../../../render/roles/roles.ts";
import { secretsOf } from "../../../render/secrets.ts";
import { agentBundleFile } from "../../../tools/agentBundle.ts";
import { type Host, hostsOf } from "../../../topology/hosts.ts";
import { parseTopology } from "../../../topology/parse.ts";
import { sshKeyPair } from "../../harness/sshKeyPair.ts";
import { testConfig } from "../../harness/testConfig.ts";
import { apply, must } from "../hosts/onHost.ts";
import { ownKeepalived, ownServices } from "../hosts/ownServices.ts";
import { type Snapshot, snapshot as snapshotOf } from "../hosts/snapshot.ts";

/** Machines that the stack did not make: plain Debian with the packages, as a person has them. */
export const lab = freeLabName("t-giveback");
export const names = { own: "haproxy1", fresh: "haproxy2", pool: "db1" } as const;
const passwords = { database: "secret-of-database", probe: "secret-of-probe", stats: "secret-of-stats" };

/** A pair with a pool and without egress, which would need an internet. */
function topologyWith(change: Readonly<Record<string, unknown>>) {
  const { pairs, lab: _, ...config } = testConfig();
  const [{ egress: __, ...pair }] = pairs as [Record<string, unknown>];
  return parseTopology({ ...config, ...change, pairs: [pair] });
}

/** A host's bundle as it is sent, of a stack with these changes. */
export function bundleFor(name: string, change: Readonly<Record<string, unknown>> = {}): string {
  const topology = topologyWith(change);
  const host = hostsOf(topology).find((one) => one.name === name) as Host;
  return renderHost(topology, host, secretsOf(passwords), shownFacts(topology)).text;
}

export async function startMachines(): Promise<void> {
  const first = await freePorts("t-giveback");
  const authorizedKey = sshKeyPair("ed25519").public;
  await networkDown(lab);
  await networkUp(lab, {
    cidr: "10.0.1.0/24",
    app: "10.0.1.10",
    packages: hostPackages.slice(),
    user: "admin",
    forwards: [],
  });
  const hosts = hostsOf(topologyWith({}));
  await Promise.all(
    hosts.map(({ name, address }, at) => up(lab, name, { address, sshPort: first + at, authorizedKey })),
  );
  for (const { name } of hosts) await settle(name);
}

/** Runs what a Debian host runs once its packages are installed; the lab's image enables no package's units. */
async function settle(name: string): Promise<void> {
  const units = ["rsyslog.service", "ufw.service", "logrotate.timer", "procps.service"];
  const more = name === names.pool ? ["postgresql.service", "pgbouncer.service"] : ["haproxy.service"];
  await must(lab, name, ["systemctl", "--quiet", "enable", "--now", ...units, ...more]);
}

/** Puts the program on a machine, as a delivery does. */
export async function install(name: string): Promise<void> {
  const { path } = await agentBundleFile();
  const target = "/usr/local/sbin/hapair";
  await must(
    lab,
    name,
    ["sh", "-c", `cat > ${target}.new && chmod 755 ${target}.new && mv ${target}.new ${target}`],
    readFileSync(path, "utf8"),
  );
}

export const stopMachines = () => networkDown(lab);

/** Gives a machine an haproxy, a keepalived with the pair's virtual address, and firewall rules of its own, running. */
export async function makeOwn(name: string): Promise<void> {
  await ownServices(lab, name);
  await ownKeepalived(lab, name);
}

const first = new Map<string, Snapshot>();

export const snapshot = (name: string): Promise<Snapshot> => snapshotOf(lab, name);

/** Takes the snapshot of a machine that later ones are compared with. */
export async function remember(name: string): Promise<void> {
  first.set(name, await snapshot(name));
}

export const remembered = (name: string): Snapshot | undefined => first.get(name);

export function stage(name: string, bundle: string, ...takeOver: readonly string[]) {
  const flags = takeOver.flatMap((services) => ["--take-over", services]);
  return exec(lab, name, ["hapair", "stage", "-", ...flags], bundle);
}

export async function applied(name: string, bundle: string): Promise<void> {
  const { exitCode, stdout, stderr } = await apply(lab, name, bundle);
  expect([exitCode, stdout + stderr], name).toEqual([0, expect.stringContaining('"outcome":"applied"')]);
}

/** What `hapair give-back` says; fails where its exit status is not 0. */
export async function giveBack(name: string): Promise<unknown> {
  return JSON.parse((await must(lab, name, ["hapair", "give-back", "--json"])).stdout);
}
