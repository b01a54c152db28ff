import { filesPerConnection, pageConnections, routesLogins, silentConnections } from "../connections.ts";
import type { Problem } from "../problem.ts";
import { type DraftPair, groupsOf, type Path } from "./draft.ts";
import { ofPairs, type Rule } from "./rule.ts";

/** Numbers of connections of a pair that must fit each other. */
export const connectionRules: readonly Rule[] = [
  serverConnections,
  clientConnections,
  sessionClients,
  openFiles,
].map(ofPairs);

/** PostgreSQL keeps three connections for superusers; each pooler may need two more to look passwords up. */
const superuserConnections = 3;
const lookUpConnections = 2;

/** All poolers share the connections of the pair's own PostgreSQL; what an external one allows is not known here. */
function* serverConnections({ pool, nodes, routes }: DraftPair, path: Path): Iterable<Problem> {
  const limit = pool?.postgres?.maxConnections;
  if (pool?.ports === undefined || pool.size === undefined || limit === undefined) return;
  if (pool.database?.external !== undefined) return;
  const { ports = [], size = 0 } = pool.session ?? {};
  const hosts = pool.on === "laptop" ? 1 : ((pool.on === "nodes" ? nodes : pool.machines)?.length ?? 0);
  const [poolers, forSessions] = [hosts * pool.ports.length, hosts * ports.length];
  const wanted = poolers * pool.size + forSessions * size;
  const ofRoutes = routes && routes.database === undefined ? (nodes?.length ?? 0) * routesLogins : 0;
  const free = limit - superuserConnections - ofRoutes - (poolers + forSessions) * lookUpConnections;
  if (wanted <= free) return;
  const own = `${poolers} poolers of ${pool.size} connections`;
  yield pool.session === undefined
    ? {
        path: [...path, "pool", "size"],
        message: `${own} need ${wanted}, PostgreSQL has ${free} free: lower size or raise postgres.maxConnections`,
      }
    : {
        path: [...path, "pool", "session", "size"],
        message: `${own} and ${forSessions} of ${size} for sessions need ${wanted}, PostgreSQL has ${free} free: lower it or pool.size, or raise postgres.maxConnections`,
      };
}

/** Beyond what the poolers take, a client that HAProxy has let in is refused by all of them. */
function* clientConnections({ haproxy, pool }: DraftPair, path: Path): Iterable<Problem> {
  const at = [...path, "haproxy", "maxConnections"];
  yield* withinPoolers(haproxy?.maxConnections, pool, pool?.ports, at);
}

function* sessionClients({ pool }: DraftPair, path: Path): Iterable<Problem> {
  const at = [...path, "pool", "session", "maxConnections"];
  yield* withinPoolers(pool?.session?.maxConnections, pool, pool?.session?.ports, at);
}

function* withinPoolers(
  wanted: number | undefined,
  pool: DraftPair["pool"],
  ports: readonly unknown[] | undefined,
  path: Path,
): Iterable<Problem> {
  const each = pool?.maxClientConnections;
  // A node sends its clients to its own poolers, where it has some.
  const hosts = pool?.on === "nodes" || pool?.on === "laptop" ? 1 : pool?.machines?.length;
  if (wanted === undefined || ports === undefined || each === undefined || !hosts) return;
  const poolers = hosts * ports.length;
  const taken = poolers * each;
  if (wanted <= taken) return;
  yield {
    path,
    message: `${wanted} clients are more than the poolers take together (${poolers} of ${each}): lower it to ${taken}, or raise pool.maxClientConnections`,
  };
}

/** Linux gives one process so many files (`fs.nr_open`, proc_sys_fs(5)). */
const mostOpenFiles = 1_048_576;

/** haproxy's unit would not start with a higher limit. */
function* openFiles(pair: DraftPair, path: Path): Iterable<Problem> {
  const { haproxy, pool, edge } = pair;
  const clients = pool ? [haproxy?.maxConnections, pool.session?.maxConnections] : [];
  const numbers = [
    pageConnections,
    ...clients.flatMap((most) => (most === undefined ? [] : [most + silentConnections])),
    ...(edge ? [edge.maxConnections ?? 0] : []),
    ...groupsOf(pair, path).map(({ group }) => group.maxConnections ?? 0),
  ];
  const all = numbers.reduce((sum, number) => sum + number, 0);
  const most = Math.floor(mostOpenFiles / filesPerConnection);
  if (all <= most) return;
  yield {
    path: [...path, "haproxy", "maxConnections"],
    message: `with those of the egress groups and the edge, haproxy would have ${all} connections, and one process can have ${most}: lower some maxConnections`,
  };
}
