import * as z from "zod";
import type { Node, Pair } from "../../topology/topology.ts";
import {
  masterSocket,
  openFiles,
  operatorSocket,
  poolBackend,
  runtimeSocket,
  serverStateFile,
  sqlRoles,
  trackFile,
} from "../paths.ts";
import type { Secrets } from "../secrets.ts";
import { file, template } from "../template.ts";
import { EgressView, egressView } from "./haproxyEgress.ts";
import { tlsCheck } from "./sqlTls.ts";

export const haproxyUnit = "haproxy.service";

const dropInPath = `etc/systemd/system/${haproxyUnit}.d/hapair.conf`;
const config = template(
  "etc/haproxy/haproxy.cfg",
  z.strictObject({
    host: z.string(),
    allConnections: z.int(),
    maxConnections: z.int(),
    acceptedConnections: z.int(),
    connectionsPerSource: z.int(),
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
    port: z.int(),
    pool: z.union([
      z.literal(false),
      z.strictObject({
        backend: z.string(),
        checkUser: z.string(),
        tlsCheck: z.union([z.literal(false), z.strictObject({ startup: z.string(), refusal: z.string() })]),
        servers: z.array(z.strictObject({ name: z.string(), address: z.string(), port: z.int() })),
      }),
    ]),
    egress: EgressView,
  }),
);

const dropIn = template(
  dropInPath,
  z.strictObject({
    trackFile: z.string(),
    masterSocket: z.string(),
    handOverS: z.number(),
    openFiles: z.int(),
  }),
);

/** Reserve for readers of stats and metrics while every client connection is in use. */
const pageConnections = 100;
/** Places for connections that have not said anything yet, besides those of clients that are served. */
const silentConnections = 1500;
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
  const { haproxy, pool } = pair;
  const { port, statsUser, idleTimeoutS = neverS, ...settings } = haproxy;
  const allConnections = connectionsOf(pair);
  const text = config({
    ...settings,
    host: node.name,
    idleTimeoutS,
    acceptedConnections: acceptedConnections(pair),
    connectionsPerSource: acceptedConnections(pair) - placesForOthers,
    silentS,
    closingS,
    maxReloads,
    refusedRequests,
    allConnections,
    port,
    statsUser,
    statsPassword: quoted(secrets.stats.text),
    runtimeSocket,
    operatorSocket,
    serverStateFile,
    virtualAddress: pair.vip.address,
    pool: pool
      ? {
          backend: poolBackend,
          checkUser: sqlRoles.check,
          tlsCheck: tlsCheck(pool, sqlRoles.check),
          servers: pool.ports.map((port, index) => ({
            name: `pooler${index + 1}`,
            address: pool.address,
            port,
          })),
        }
      : false,
    egress: egressView(pair.egress),
  });
  return [
    file("etc/haproxy/haproxy.cfg", text, { mode: "0600" }),
    file(
      dropInPath,
      dropIn({
        trackFile,
        masterSocket,
        // A connection takes two files. The rest is for checks, and for connections that an old worker still holds.
        openFiles: Math.max(openFiles, 3 * allConnections),
        handOverS: 0.2,
      }),
    ),
  ];
}

/** Connections that haproxy accepts at once. */
export function connectionsOf(pair: Pair): number {
  const tunnels = pair.egress?.groups.map((group) => group.maxConnections) ?? [];
  return [acceptedConnections(pair), ...tunnels].reduce((sum, one) => sum + one, pageConnections);
}

/** Connections of PostgreSQL's clients that haproxy accepts, served or silent. */
function acceptedConnections({ haproxy }: Pair): number {
  return haproxy.maxConnections + silentConnections;
}

/** haproxy's strong quoting: no character is special between single quotes (configuration manual, 2.2). */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
