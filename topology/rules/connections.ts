import type { Problem } from "../problem.ts";
import { type DraftPair, groupsOf, type Path } from "./draft.ts";
import { ofPairs, type Rule } from "./rule.ts";

/** Numbers of connections of a pair that must fit each other. */
export const connectionRules: readonly Rule[] = [serverConnections, clientConnections, openFiles].map(
  ofPairs,
);

/** All poolers share the connections of the pair's own PostgreSQL; what an external one allows is not known here. */
function* serverConnections({ pool, nodes }: DraftPair, path: Path): Iterable<Problem> {
  const limit = pool?.postgres?.maxConnections;
  if (pool?.ports === undefined || pool.size === undefined || limit === undefined) return;
  if (pool.database?.external !== undefined) return;
  const hosts = (pool.on === "nodes" ? nodes : pool.machines)?.length ?? 0;
  const poolers = pool.ports.length * hosts;
  const wanted = poolers * pool.size;
  // PostgreSQL keeps three connections for superusers; each pooler may need two more to look passwords up.
  const free = limit - 3 - poolers * 2;
  if (wanted <= free) return;
  yield {
    path: [...path, "pool", "size"],
    message: `${poolers} poolers of ${pool.size} connections need ${wanted}, PostgreSQL has ${free} free: lower size or raise postgres.maxConnections`,
  };
}

/** Beyond what the poolers take, a client that HAProxy has let in is refused by all of them. */
function* clientConnections({ haproxy, pool }: DraftPair, path: Path): Iterable<Problem> {
  const wanted = haproxy?.maxConnections;
  if (wanted === undefined || pool?.ports === undefined || pool.maxClientConnections === undefined) return;
  // A node sends its clients to its own poolers, where it has some.
  const hosts = pool.on === "nodes" ? 1 : pool.machines?.length;
  if (!hosts) return;
  const poolers = pool.ports.length * hosts;
  const taken = poolers * pool.maxClientConnections;
  if (wanted <= taken) return;
  yield {
    path: [...path, "haproxy", "maxConnections"],
    message: `${wanted} clients are more than the poolers take together (${poolers} of ${pool.maxClientConnections}): lower it to ${taken}, or raise pool.maxClientConnections`,
  };
}

/** Linux gives one process so many files (`fs.nr_open`, proc_sys_fs(5)). */
const mostOpenFiles = 1_048_576;
/** Two for a connection, and one for a connection that an old worker still has. */
const filesPerConnection = 3;
/** For stats and metrics, with room. */
const reservedConnections = 1000;

/** haproxy's unit would not start with a higher limit. */
function* openFiles(pair: DraftPair, path: Path): Iterable<Problem> {
  const numbers = [
    pair.haproxy?.maxConnections,
    ...groupsOf(pair, path).map(({ group }) => group.maxConnections),
  ];
  const all = numbers.reduce<number>((sum, number) => sum + (number ?? 0), 0);
  const most = Math.floor(mostOpenFiles / filesPerConnection) - reservedConnections;
  if (all <= most) return;
  yield {
    path: [...path, "haproxy", "maxConnections"],
    message: `with those of the egress groups, haproxy would have ${all} connections, and one process can have ${most}: lower some maxConnections`,
  };
}
