import * as pulumi from "@pulumi/pulumi";
import { HaPair } from "../components/HaPair.ts";
import { LabInternet } from "../components/machines/lab/LabInternet.ts";
import { LabMachines } from "../components/machines/lab/LabMachines.ts";
import { type Machines, machineNamed } from "../components/machines/machine.ts";
import { generatedPasswords, givenPasswords } from "../components/passwords.ts";
import { hostPackages } from "../render/roles/roles.ts";
import { databaseUrl } from "../render/services/postgresql.ts";
import { agentBundleFile } from "../tools/agentBundle.ts";
import { internetOf, type Topology } from "../topology/topology.ts";
import { readStack } from "./config.ts";

/** The Pulumi program of every stack: what its config declares, on its target's machines. */
export async function program(): Promise<Record<string, unknown>> {
  const { topology, secrets: given } = readStack();
  // First: with them the engine starts the provider, beside which the rest goes on.
  const { machines, reach } = machinesOf(topology);
  // Built where `pulumi up` runs, so that host and program are always of one version.
  const agent = await agentBundleFile();
  const [internet] = internetOf(topology).map((host) => {
    const machine = machineNamed(machines, host.name);
    return new LabInternet(host.name, { topology, host, machine, program: agent });
  });

  const pairs = topology.pairs.map((pair) => {
    const own = given.passwords?.[pair.name];
    const passwords = own ? givenPasswords(own) : generatedPasswords(pair.name);
    const wireproxies = given.wireproxies[pair.name] ?? {};
    const {
      vip,
      endpoints,
      databaseUrl: url,
      bundles,
    } = new HaPair(pair.name, { topology, pair, machines, program: agent, passwords, wireproxies, internet });
    const way = reach[pair.name];
    const { pool } = pair;
    return [
      pair.name,
      {
        vip,
        endpoints,
        bundles,
        databaseUrl: url,
        statsUser: pair.haproxy.statsUser,
        statsPassword: passwords.stats,
        reach: way && {
          stats: `http://${way.stats}/stats`,
          socks: way.socks,
          databaseUrl:
            pool &&
            pulumi.secret(passwords.database.apply((password) => databaseUrl(pool, password, way.sql))),
        },
      },
    ] as const;
  });
  const [first] = pairs;
  return {
    ...first?.[1],
    pairs: Object.fromEntries(pairs),
    internet: internet && {
      address: topology.lab.internet,
      certificate: pulumi.unsecret(internet.certificate.apply(({ certificate }) => certificate)),
      bundle: internet.delivery.sha256,
    },
    ssh: pulumi.secret(
      Object.fromEntries(Object.values(machines).map(({ name, connection }) => [name, connection])),
    ),
  };
}

function machinesOf(topology: Topology): Machines {
  switch (topology.target) {
    case "lab":
      return new LabMachines(topology.lab.name, { topology, packages: hostPackages });
    default:
      return topology.target satisfies never;
  }
}
