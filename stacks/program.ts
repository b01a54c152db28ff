import * as pulumi from "@pulumi/pulumi";
import { HaPair } from "../components/HaPair.ts";
import type { Declared, Machine, Reach } from "../components/machines/machine.ts";
import { machinesOf } from "../components/machines/machines.ts";
import { generatedPasswords, givenPasswords, type Passwords } from "../components/passwords.ts";
import { RollOut } from "../components/RollOut.ts";
import type { Connection, PairOutputs, StackOutputs } from "../contract/stackOutputs.ts";
import { databaseUrl } from "../render/services/postgresql.ts";
import { agentBundleFile } from "../tools/agentBundle.ts";
import type { Pair } from "../topology/topology.ts";
import { readStack } from "./config.ts";

/** The Pulumi program of every stack: what its config declares, on its target's machines. */
export async function program(): Promise<Declared<StackOutputs>> {
  const { topology, secrets: given } = readStack();
  // Before the agent's bundle is awaited: the engine starts the provider for them while that is built.
  const { machines, reach, deliverHosts } = machinesOf(topology);
  // Built where `pulumi up` runs, so that the agent is always of this program's version.
  const agent = await agentBundleFile();
  const rollOut = new RollOut();
  const targetHosts = deliverHosts(agent, rollOut);

  const pairs = topology.pairs.map((pair) => {
    const own = given.passwords?.[pair.name];
    const passwords = own ? givenPasswords(own) : generatedPasswords(pair.name);
    const wireproxies = given.wireproxies[pair.name] ?? {};
    const args = { topology, pair, machines, program: agent, passwords, wireproxies, targetHosts, rollOut };
    const declared = new HaPair(pair.name, args);
    return [pair.name, pairOutputs(pair, declared, passwords, reach[pair.name])] as const;
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
  { vip, endpoints, bundles, databaseUrl: url }: HaPair,
  passwords: Passwords,
  reach: Reach | undefined,
): Declared<PairOutputs> {
  return {
    vip,
    endpoints,
    bundles,
    databaseUrl: url,
    statsUser: haproxy.statsUser,
    statsPassword: passwords.stats,
    // The engine warns of an output without a value.
    ...(reach && {
      reach: {
        stats: `http://${reach.stats}/stats`,
        socks: reach.socks,
        databaseUrl:
          pool &&
          pulumi.secret(passwords.database.apply((password) => databaseUrl(pool, password, reach.sql))),
      },
    }),
  };
}
