import * as pulumi from "@pulumi/pulumi";
import { certificatesOf, type PairCertificates } from "../components/certificates.ts";
import { HaPair, type HaPairArgs } from "../components/HaPair.ts";
import type { Declared, Machine, Reach } from "../components/machines/machine.ts";
import { machinesOf } from "../components/machines/machines.ts";
import { passwordsOf, secretUrl } from "../components/passwords.ts";
import { RollOut } from "../components/RollOut.ts";
import { type RoutesAccess, routesAccessOf } from "../components/routesAccess.ts";
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
    const certificates = certificatesOf(pair, given.certificates[pair.name]);
    const routes = routesAccessOf(pair, given.routes?.[pair.name]);
    const updateKey = given.updateKeys[pair.name];
    const secrets = { passwords, wireproxies, certificates, routes, updateKey };
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
  pair: Pair,
  { vip, endpoints, bundles, databaseUrl, sessionUrl }: HaPair,
  { passwords, certificates, routes }: Pick<HaPairArgs, "passwords" | "certificates" | "routes">,
  {
    reach,
    publicAddress,
  }: { readonly reach: Reach | undefined; readonly publicAddress: pulumi.Input<string> | undefined },
): Declared<PairOutputs> {
  const { haproxy, pool } = pair;
  const urlAt = (authority: string | undefined) =>
    pool && authority !== undefined ? secretUrl(pool, passwords.database, authority) : undefined;
  return withValues({
    vip,
    endpoints,
    bundles,
    databaseUrl,
    sessionUrl,
    jdbcUrl: databaseUrl?.apply(jdbcUrl),
    databaseAuthority:
      certificates.poolers && pulumi.unsecret(certificates.poolers.apply(({ authority }) => authority ?? "")),
    ...edgeOutputs(pair, certificates, routes),
    statsUser: haproxy.statsUser,
    statsPassword: passwords.stats,
    publicAddress,
    ...(reach && {
      reach: {
        stats: `http://${reach.stats}/stats`,
        ...(reach.edge && {
          edge: { http: `http://${reach.edge.http}`, https: `https://${reach.edge.https}` },
        }),
        ...(reach.routes !== undefined && { routesUrl: `https://${reach.routes}` }),
        socks: reach.socks,
        databaseUrl: urlAt(reach.sql),
        sessionUrl: urlAt(reach.session),
      },
    }),
  });
}

/** Without the keys that have no value: the engine warns of each. */
function withValues<Outputs extends object>(outputs: Outputs): Outputs {
  const entries = Object.entries(outputs).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as Outputs;
}

/** Those of a pair's edge and of its routes. */
function edgeOutputs(
  { vip, edge, routes }: Pair,
  certificates: PairCertificates,
  access: RoutesAccess | undefined,
) {
  const authorityOf = (certificate: PairCertificates["edge"]) =>
    certificate && pulumi.unsecret(certificate.apply(({ authority }) => authority ?? ""));
  const isMade = edge?.tls.certificate === "made";
  return {
    ...(edge && { edgeUrl: `https://${vip.address}:${edge.tls.port}` }),
    ...(isMade && { edgeAuthority: authorityOf(certificates.edge) }),
    ...(routes &&
      access && {
        routesUrl: `https://${vip.address}:${routes.port}`,
        routesAuthority: authorityOf(certificates.routes),
        routeTokens: pulumi.secret(access.tokens),
        routesAdminKey: access.adminKey,
      }),
  };
}
