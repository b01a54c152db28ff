import { readFileSync } from "node:fs";
import { expect } from "vitest";
import { flowsOf, nodesOf, poolOf } from "../../../components/machines/ec2/flows.ts";
import { machineInterface } from "../../../contract/lab.ts";
import type { VpcRule } from "../../../contract/vpc.ts";
import { type DrilledPair, drilledPair } from "../../../drills/pair.ts";
import { freeLabName, freePorts } from "../../../lab/freeLab.ts";
import { up } from "../../../lab/machine/up.ts";
import { networkDown, networkUp } from "../../../lab/network/network.ts";
import { type Vpc, vpcUp } from "../../../lab/vpc/vpc.ts";
import { renderHost } from "../../../render/bundle.ts";
import { hostPackages } from "../../../render/roles/roles.ts";
import { secretsOf } from "../../../render/secrets.ts";
import { databaseUrl } from "../../../render/services/postgresql.ts";
import { agentBundleFile } from "../../../tools/agentBundle.ts";
import { type Host, hostsOf } from "../../../topology/hosts.ts";
import { parseTopology } from "../../../topology/parse.ts";
import type { Pair, Topology } from "../../../topology/topology.ts";
import { sshKeyPair } from "../../harness/sshKeyPair.ts";
import { ec2Config } from "../../harness/testConfig.ts";
import { apiName, authority, interfaceId, nodePolicy, vpcAddresses, vpcSpec } from "../../harness/vpcSpec.ts";
import { apply, must } from "../../lab/hosts/onHost.ts";

const passwords = { database: "secret-of-database", probe: "secret-of-probe", stats: "secret-of-stats" };

/** A pair that runs the files of the stack for EC2, in a lab that plays AWS. */
export interface Ec2Lab {
  readonly lab: string;
  readonly vpc: Vpc;
  /** The security groups' rules, as the component declares them. */
  readonly rules: readonly VpcRule[];
  readonly pair: DrilledPair;
  remove(): Promise<void>;
}

/**
 * The example's stack, without TLS, whose certificates the engine would make. The lab logs in from the application
 * server.
 */
function exampleTopology(): { topology: Topology; pair: Pair; rules: readonly VpcRule[] } {
  const config = ec2Config() as { pairs: [{ pool: object }]; ec2: { ssh: string[] } };
  const [first] = config.pairs;
  const ec2 = { ...config.ec2, ssh: [...config.ec2.ssh, `${vpcAddresses.app}/32`] };
  const pool = { ...first.pool, tls: { mode: "off" } };
  const topology = parseTopology({ ...config, ec2, pairs: [{ ...first, pool }] });
  const [pair] = topology.pairs;
  if (topology.target.kind !== "ec2" || pair === undefined) throw new Error("the example's target is ec2");
  return { topology, pair, rules: flowsOf(topology.target, topology) };
}

export async function ec2Lab(purpose: string): Promise<Ec2Lab> {
  const { topology, pair, rules } = exampleTopology();
  const lab = freeLabName(purpose);
  await networkDown(lab);
  const { app, router: gateway, endpoint } = vpcAddresses;
  await networkUp(lab, {
    ...{ cidr: topology.network.cidr, app, gateway, user: "admin", forwards: [] },
    packages: hostPackages.slice(),
    // In a VPC its DNS server says so.
    names: { [apiName]: endpoint },
  });
  const first = await freePorts(purpose);
  const authorizedKey = sshKeyPair("ed25519").public;
  const hosts = hostsOf(topology);
  await Promise.all(
    hosts.map(({ name, address }, at) => up(lab, name, { address, sshPort: first + at, authorizedKey })),
  );
  const vpc = await vpcUp(lab, specOf(pair, hosts, rules));
  for (const { name, role } of hosts) if (role === "node") await trustAuthority(lab, name);
  for (const host of hosts) await deliver(lab, topology, host);
  const url =
    pair.pool && databaseUrl(pair.pool, passwords.database, `${pair.vip.address}:${pair.haproxy.port}`);
  const outputs = { pairs: { [pair.name]: { databaseUrl: url } } };
  return {
    ...{ lab, vpc, rules },
    pair: drilledPair(topology, outputs, { name: lab, internet: undefined }),
    remove: () => networkDown(lab),
  };
}

/** Groups, rules and policies as the component declares them. */
function specOf(pair: Pair, hosts: readonly Host[], rules: readonly VpcRule[]) {
  const nodes = pair.nodes.map(({ name }) => name);
  const policy = nodePolicy("secondary-ip", nodes);
  return vpcSpec(
    hosts.map(({ name, address, role }) => ({
      ...{ id: interfaceId(name), machine: name, address },
      groups: [role === "node" ? nodesOf(pair) : poolOf(pair)],
      ...(role === "node" && { policy }),
    })),
    rules,
  );
}

/** A machine trusts the API's authority as it trusts those that Debian ships. */
async function trustAuthority(lab: string, name: string): Promise<void> {
  const file = "/usr/local/share/ca-certificates/lab-aws.crt";
  await must(lab, name, ["sh", "-c", `cat > ${file} && update-ca-certificates`], authority.certificate);
}

/** Puts the program and the host's bundle on a machine, as a delivery does. */
async function deliver(lab: string, topology: Topology, host: Host): Promise<void> {
  const { path } = await agentBundleFile();
  const target = "/usr/local/sbin/hapair";
  const install = `cat > ${target}.new && chmod 755 ${target}.new && mv ${target}.new ${target}`;
  await must(lab, host.name, ["sh", "-c", install], readFileSync(path, "utf8"));
  const facts = { interface: machineInterface, aws: { interfaceId: interfaceId(host.name) } };
  const { text } = renderHost(topology, host, secretsOf(passwords), facts);
  const { exitCode, stdout, stderr } = await apply(lab, host.name, text);
  expect([exitCode, stdout + stderr], host.name).toEqual([0, expect.stringContaining('"outcome":"applied"')]);
}
