import * as z from "zod";
import { filesPerConnection, pageConnections, silentConnections } from "../../topology/connections.ts";
import { type Node, type Pair, poolersOf } from "../../topology/topology.ts";
import {
  masterSocket,
  openFiles,
  operatorSocket,
  poolBackend,
  runtimeSocket,
  serverStateFile,
  sessionBackend,
  sqlRoles,
  trackFile,
} from "../paths.ts";
import type { Secrets } from "../secrets.ts";
import { file, template } from "../template.ts";
import { EgressView, egressView } from "./haproxyEgress.ts";

export const haproxyUnit = "haproxy.service";

const dropInPath = `etc/systemd/system/${haproxyUnit}.d/hapair.conf`;
const config = template(
  "etc/haproxy/haproxy.cfg",
  z.strictObject({
    host: z.string(),
    allConnections: z.int(),
    /** Seconds until a connection that says nothing, or is half closed, ends. */
    silentS: z.int(),
    closingS: z.int(),
    maxReloads: z.int(),
    /** Of one address in ten seconds, on the stats page. */
    refusedRequests: z.int(),
    runtimeSocket: z.string(),
    operatorSocket: z.string(),
    serverStateFile: z.string(),
    hardStopAfterS: z.int(),
    statsUser: z.string(),
    statsPassword: z.string(),
    statsPort: z.int(),
    connectTimeoutMs: z.int(),
    checkIntervalMs: z.int(),
    checkTimeoutMs: z.int(),
    idleTimeoutS: z.int(),
    keepaliveIdleS: z.int(),
    virtualAddress: z.string(),
    checkUser: z.string(),
    sqlFronts: z.array(
      z.strictObject({
        frontend: z.string(),
        backend: z.string(),
        port: z.int(),
        maxConnections: z.int(),
        acceptedConnections: z.int(),
        connectionsPerSource: z.int(),
        servers: z.array(z.strictObject({ name: z.string(), address: z.string(), port: z.int() })).min(1),
      }),
    ),
    egress: EgressView,
  }),
);

const dropIn = template(
  dropInPath,
  z.strictObject({
    trackFile: z.string(),
    masterSocket: z.string(),
    handOverS: z.number(),
    /** Shortest time from one reload of the unit to the next. */
    reloadS: z.int(),
    openFiles: z.int(),
  }),
);

/** Places that one address alone cannot take. */
const placesForOthers = 250;
/** A PostgreSQL client sends its first message as soon as it is connected. */
const silentS = 5;
const closingS = 10;
/** Old workers that may run beside the newest one, each with the memory of a whole worker. */
const maxReloads = 10;
const refusedRequests = 20;
/** haproxy's longest timer: 2^31 - 1 ms. */
const neverS = 2_147_483;

/** haproxy.cfg and the drop-in of its unit. */
export function haproxyFiles(pair: Pair, node: Node, secrets: Secrets) {
  const { statsUser, statsPort, hardStopAfterS, idleTimeoutS = neverS, keepaliveIdleS } = pair.haproxy;
  const { connectTimeoutMs, checkIntervalMs, checkTimeoutMs } = pair.haproxy;
  const allConnections = connectionsOf(pair);
  const text = config({
    host: node.name,
    ...{ statsPort, hardStopAfterS, idleTimeoutS, keepaliveIdleS },
    ...{ connectTimeoutMs, checkIntervalMs, checkTimeoutMs },
    silentS,
    closingS,
    maxReloads,
    refusedRequests,
    allConnections,
    statsUser,
    statsPassword: quoted(secrets.stats.text),
    runtimeSocket,
    operatorSocket,
    serverStateFile,
    virtualAddress: pair.vip.address,
    checkUser: sqlRoles.check,
    sqlFronts: sqlFronts(pair).map((front) => ({
      ...front,
      acceptedConnections: acceptedConnections(front),
      connectionsPerSource: acceptedConnections(front) - placesForOthers,
    })),
    egress: egressView(pair.egress),
  });
  return [
    file("etc/haproxy/haproxy.cfg", text, { mode: "0600" }),
    file(
      dropInPath,
      dropIn({
        trackFile,
        masterSocket,
        openFiles: Math.max(openFiles, filesPerConnection * allConnections),
        handOverS: 0.2,
        reloadS: 2,
      }),
    ),
  ];
}

/** The ports of PostgreSQL's clients, each with the poolers that serve it; none without a pool. */
function sqlFronts({ haproxy, pool }: Pair) {
  if (pool === undefined) return [];
  const { port, maxConnections } = haproxy;
  const { address, session } = pool;
  const servers = (name: string, forSessions: boolean) =>
    poolersOf(pool)
      .filter((pooler) => pooler.forSessions === forSessions)
      .map(({ port }, index) => ({ name: `${name}${index + 1}`, address, port }));
  return [
    {
      ...{ frontend: "postgresql", backend: poolBackend, port, maxConnections },
      servers: servers("pooler", false),
    },
    ...(session
      ? [
          {
            ...{ frontend: "postgresql-sessions", backend: sessionBackend },
            ...{ port: session.port, maxConnections: session.maxConnections },
            servers: servers("session", true),
          },
        ]
      : []),
  ];
}

/** Connections that haproxy accepts at once. */
export function connectionsOf(pair: Pair): number {
  const clients = sqlFronts(pair).map(acceptedConnections);
  const tunnels = pair.egress?.groups.map((group) => group.maxConnections) ?? [];
  return [...clients, ...tunnels].reduce((sum, one) => sum + one, pageConnections);
}

/** Connections that haproxy accepts on a port of PostgreSQL's clients, served or silent. */
function acceptedConnections({ maxConnections }: { readonly maxConnections: number }): number {
  return maxConnections + silentConnections;
}

/** haproxy's strong quoting: no character is special between single quotes (configuration manual, 2.2). */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
