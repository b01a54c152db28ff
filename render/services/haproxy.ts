import * as z from "zod";
import { filesPerConnection, pageConnections } from "../../topology/connections.ts";
import { type Node, type Pair, servedAddressOf, type Topology } from "../../topology/topology.ts";
import {
  certificatePaths,
  masterSocket,
  openFiles,
  operatorSocket,
  routeHeadersPath,
  runtimeSocket,
  serverStateFile,
  trackFile,
  whenEndedPath,
} from "../paths.ts";
import { certificateOf, type Secrets } from "../secrets.ts";
import { file, template } from "../template.ts";
import { EdgeView, edgeView } from "./haproxy/edge.ts";
import { EgressView, egressView } from "./haproxy/egress.ts";
import { SqlFronts, sqlConnections, sqlFronts } from "./haproxy/sql.ts";

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
    sqlFronts: SqlFronts,
    egress: EgressView,
    edge: z.union([z.literal(false), EdgeView]),
  }),
);

const environment = template("etc/default/haproxy", z.strictObject({}));
const routeHeaders = template(routeHeadersPath, z.strictObject({}));
const dropIn = template(
  dropInPath,
  z.strictObject({
    trackFile: z.string(),
    whenEnded: z.string(),
    masterSocket: z.string(),
    handOverS: z.number(),
    /** Shortest time from one reload of the unit to the next. */
    reloadS: z.int(),
    openFiles: z.int(),
    /** Whether the pair has routes, whose map a new worker reads. */
    routes: z.boolean(),
  }),
);

/** A PostgreSQL client sends its first message as soon as it is connected. */
const silentS = 5;
const closingS = 10;
/** Old workers that may run beside the newest one, each with the memory of a whole worker. */
const maxReloads = 10;
const refusedRequests = 20;
/** haproxy's longest timer: 2^31 - 1 ms. */
const neverS = 2_147_483;

/** haproxy.cfg, the drop-in of its unit, and the file of variables that would override both. */
export function haproxyFiles(
  pair: Pair,
  node: Node,
  secrets: Secrets,
  firewall: Pick<Topology["firewall"], "monitoring">,
) {
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
    virtualAddress: servedAddressOf(pair, node),
    sqlFronts: sqlFronts(pair, node),
    egress: egressView(pair.egress),
    edge: edgeView(pair, node, firewall),
  });
  return [
    file("etc/haproxy/haproxy.cfg", text, { mode: "0600" }),
    file("etc/default/haproxy", environment({})),
    ...edgeCertificate(pair, secrets),
    ...(pair.routes === undefined ? [] : [file(routeHeadersPath, routeHeaders({}))]),
    file(
      dropInPath,
      dropIn({
        trackFile,
        whenEnded: whenEndedPath,
        masterSocket,
        openFiles: Math.max(openFiles, filesPerConnection * allConnections),
        handOverS: handOverS(pair),
        reloadS: 2,
        routes: pair.routes !== undefined,
      }),
    ),
  ];
}

/**
 * Seconds that an orderly stop waits for the address to move. After an advert of priority 0 the peer waits for the skew of
 * its own priority (RFC 9568, 6.1).
 */
function handOverS({ nodes, vrrp }: Pair): number {
  const lowest = Math.min(...nodes.map(({ priority }) => priority));
  const skewS = (((256 - lowest) / 256) * vrrp.advertIntervalMs) / 1000;
  return Math.max(0.2, Math.ceil(skewS * 10 + 1) / 10);
}

/** Key and certificate of the edge in one file, as haproxy wants them; none where they are in a folder of the node. */
function edgeCertificate({ edge }: Pair, secrets: Secrets) {
  if (edge === undefined || edge.tls.certificate === "folder") return [];
  const { certificate, key } = certificateOf(secrets, "edge");
  return [file(certificatePaths.edge, `${certificate.trimEnd()}\n${key.trimEnd()}\n`, { mode: "0600" })];
}

/** Connections that haproxy accepts at once. */
export function connectionsOf(pair: Pair): number {
  const tunnels = pair.egress?.groups.map((group) => group.maxConnections) ?? [];
  const ofEdge = pair.edge?.maxConnections ?? 0;
  return [sqlConnections(pair), ofEdge, ...tunnels].reduce((sum, one) => sum + one, pageConnections);
}

/** haproxy's strong quoting: no character is special between single quotes (configuration manual, 2.2). */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
