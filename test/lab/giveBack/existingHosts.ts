import { readFileSync } from "node:fs";
import ssh2 from "ssh2";
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
import { testConfig } from "../../harness/testConfig.ts";
import { apply, must } from "../hosts/onHost.ts";

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
  const authorizedKey = ssh2.utils.generateKeyPairSync("ed25519").public;
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
  await must(lab, name, ["sh", "-e"], ownConfiguration);
  await must(lab, name, [
    "timeout",
    "20",
    "sh",
    "-c",
    "until ip -brief address | grep -q 10.0.1.100; do sleep 0.2; done",
  ]);
}

const ownConfiguration = `
cat > /etc/haproxy/haproxy.cfg <<'CFG'
defaults
    mode http
    timeout client 5s
    timeout connect 5s
    timeout server 5s
frontend mine
    bind :8080
    http-request return status 200 content-type text/plain string mine
CFG
chmod 0640 /etc/haproxy/haproxy.cfg
chgrp haproxy /etc/haproxy/haproxy.cfg
systemctl restart haproxy.service
cat > /etc/keepalived/keepalived.conf <<'CFG'
vrrp_instance mine {
    state MASTER
    interface host0
    virtual_router_id 99
    priority 100
    advert_int 1
    virtual_ipaddress {
        10.0.1.100/32
    }
}
CFG
systemctl --quiet enable --now keepalived.service
ufw allow from 10.0.1.0/24 to any port 22 proto tcp
ufw allow 8080/tcp
ufw --force enable
`;

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
