import * as pulumi from "@pulumi/pulumi";
import { HaPair, type HaPairArgs } from "../components/HaPair.ts";
import type { Declared, Machine, Reach } from "../components/machines/machine.ts";
import { machinesOf } from "../components/machines/machines.ts";
import { passwordsOf, secretUrl } from "../components/passwords.ts";
import { RollOut } from "../components/RollOut.ts";
import { sqlCertificatesOf } from "../components/sqlCertificates.ts";
import type { Connection, PairOutputs, StackOutputs } from "../contract/stackOutputs.ts";
import { jdbcUrl } from "../render/services/postgresql.ts";
import { agentBundleFile } from "../tools/agentBundle.ts";
import type { Pair } from "../topology/topology.ts";
import { readStack } from "./config.ts";
import { transforms } from "./transforms.ts";

/** The Pulumi program of every stack: what its config declares, on its target's machines. */
export async function program(): Promise<Declared<StackOutputs>> {
  const { topology, secrets: given } = readStack();
  // Before the agent's bundle is awaited: the engine starts the provider for them while that is built.
  const { machines, reach, publicAddresses, deliverHosts } = await machinesOf(topology, transforms);
  // Built where `pulumi up` runs, so that the agent is always of this program's version.
  const agent = await agentBundleFile();
  const rollOut = new RollOut();
  const targetHosts = deliverHosts(agent, rollOut);

  const pairs = topology.pairs.map((pair) => {
    const passwords = passwordsOf(pair, given.passwords?.[pair.name]);
    const wireproxies = given.wireproxies[pair.name] ?? {};
    const certificates = sqlCertificatesOf(pair, given.certificates[pair.name]);
    const secrets = { passwords, wireproxies, certificates };
    const args = { topology, pair, machines, program: agent, ...secrets, targetHosts, rollOut };
    const declared = new HaPair(pair.name, args);
    const ways = { reach: reach[pair.name], publicAddress: publicAddresses?.[pair.name] };
    return [pair.name, pairOutputs(pair, declared, secrets, ways)] as const;
  });
  rollOut.close();
  const [first] = pairs;
  return {
    ...first?.[1],
    pairs: Object.fromEntries(pairs),
    ...targetHosts.outputs,
    ssh: pulumi.secret(
      Object.fromEntries(Object.values(machines).map(({ name, connection }) => [name, login(connection)])),
    ),
  };
}

/** OpenSSH refuses a file with a key that has no newline at its end. */
function login(connection: Machine["connection"]): pulumi.Output<Connection> {
  return pulumi.output(connection).apply(({ proxy, ...login }) => ({
    ...withWholeKey(login),
    ...(proxy && { proxy: withWholeKey(proxy) }),
  }));
}

function withWholeKey<L extends Pick<Connection, "privateKey">>(login: L): L {
  const { privateKey } = login;
  return { ...login, ...(privateKey !== undefined && { privateKey: `${privateKey.trimEnd()}\n` }) };
}

function pairOutputs(
  { haproxy, pool }: Pair,
  { vip, endpoints, bundles, databaseUrl, sessionUrl }: HaPair,
  { passwords, certificates }: Pick<HaPairArgs, "passwords" | "certificates">,
  {
    reach,
    publicAddress,
  }: { readonly reach: Reach | undefined; readonly publicAddress: pulumi.Input<string> | undefined },
): Declared<PairOutputs> {
  const urlAt = (authority: string | undefined) =>
    pool && authority !== undefined ? secretUrl(pool, passwords.database, authority) : undefined;
  return {
    vip,
    endpoints,
    bundles,
    databaseUrl,
    sessionUrl,
    jdbcUrl: databaseUrl?.apply(jdbcUrl),
    databaseAuthority:
      certificates.poolers && pulumi.unsecret(certificates.poolers.apply(({ authority }) => authority ?? "")),
    statsUser: haproxy.statsUser,
    statsPassword: passwords.stats,
    // The engine warns of an output without a value.
    ...(publicAddress !== undefined && { publicAddress }),
    ...(reach && {
      reach: {
        stats: `http://${reach.stats}/stats`,
        socks: reach.socks,
        databaseUrl: urlAt(reach.sql),
        sessionUrl: urlAt(reach.session),
      },
    }),
  };
}
