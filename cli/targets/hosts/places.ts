import type { Host } from "../../../topology/hosts.ts";
import { poolersOf, poolersOn, postgresMachineOf } from "../../../topology/pool.ts";
import { routesMachineOf } from "../../../topology/routes.ts";
import { metricsPortOf, type Pair } from "../../../topology/topology.ts";

/** What a host will connect to. */
export interface Place {
  /** `HOST:PORT` */
  readonly at: string;
  /** What is there, for a sentence. */
  readonly what: string;
  /** Whether it answers before the first roll-out: of a host of the pair only its network is needed until then. */
  readonly listens: boolean;
}

/** What this host will connect to on other machines. */
export function placesOf(host: Host): readonly Place[] {
  if (host.role === "internet") return [];
  return [...(host.role === "node" ? placesOfNode(host) : []), ...databaseOf(host.pair, host.name)];
}

function placesOfNode({ pair, name }: Extract<Host, { role: "node" }>): readonly Place[] {
  const peers = pair.nodes.filter((node) => node.name !== name);
  const firsts = new Map(
    poolersOf(pair)
      .filter(({ host }) => host !== name)
      .toReversed()
      .map((pooler) => [pooler.host, pooler]),
  );
  return [
    ...peers.map((peer) => ({
      at: `${peer.address}:${metricsPortOf(pair)}`,
      what: `its peer ${peer.name}`,
      listens: false,
    })),
    ...[...firsts.values()].map(({ host, address, port }) => ({
      at: `${address}:${port}`,
      what: `the poolers of ${host}`,
      listens: false,
    })),
    ...routesDatabaseOf(pair),
  ];
}

/** Where the agents keep the routes. */
function routesDatabaseOf(pair: Pair): readonly Place[] {
  const { database } = pair.routes ?? {};
  if (database)
    return [
      { at: `${database.address}:${database.port}`, what: "the database of the routes", listens: true },
    ];
  const machine = routesMachineOf(pair);
  if (machine === undefined || pair.pool === undefined) return [];
  const what = `PostgreSQL on ${machine.name}, which has the routes`;
  return [{ at: `${machine.address}:${pair.pool.postgres.port}`, what, listens: false }];
}

/** PostgreSQL, where poolers of this host reach it over the network. */
function databaseOf(pair: Pair, name: string): readonly Place[] {
  const { pool } = pair;
  if (pool === undefined || poolersOn(pair, name).length === 0) return [];
  const { external } = pool.database;
  if (external)
    return [{ at: `${external.address}:${external.port}`, what: "the external database", listens: true }];
  const machine = postgresMachineOf(pool);
  if (machine === undefined || machine.name === name) return [];
  return [
    { at: `${machine.address}:${pool.postgres.port}`, what: `PostgreSQL on ${machine.name}`, listens: false },
  ];
}
