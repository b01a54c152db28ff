import { basename } from "node:path";
import * as z from "zod";
import {
  balancedBackend,
  balancedBackends,
  balancedPrefix,
  checksMap,
} from "../../../contract/routes/balanced.ts";
import {
  defaultRetries,
  replayedMethods,
  retriesPrefix,
  retryClasses,
} from "../../../contract/routes/retries.ts";
import { forbiddenTargets } from "../../../contract/routes/targets.ts";
import { ownAddressesOf } from "../../../topology/routes.ts";
import { publicAuthorities } from "../../../topology/schema/tls.ts";
import { type Node, type Pair, servedAddressOf, type Topology } from "../../../topology/topology.ts";
import { probeHeader, routeHeadersPath, routesMapFile } from "../../paths.ts";
import { edgeCertificateName } from "../edgeCertificate.ts";
import { CountedView, countedView } from "./traffic.ts";

const Networks = z.array(z.string());

/** What the template of haproxy.cfg takes of a pair's edge. */
export const EdgeView = z.strictObject({
  host: z.string(),
  /** The node's own. */
  address: z.string(),
  virtualAddress: z.string(),
  port: z.int(),
  tls: z.strictObject({
    port: z.int(),
    /** As `crt` names it. */
    certificate: z.string(),
    /** `port` is ":8443", or empty for the port that a URL needs not name. */
    redirect: z.union([z.literal(false), z.strictObject({ port: z.string() })]),
    hstsS: z.int(),
  }),
  maxConnections: z.int(),
  limits: z.strictObject({
    connections: z.int(),
    connectionsIn10S: z.int(),
    requestsIn10S: z.int(),
    errorsIn10S: z.int(),
    headerBytes: z.int(),
    bodyBytes: z.int(),
  }),
  /** Networks of clients that are not served, and of those that may read the stats. */
  deny: Networks,
  monitoring: Networks,
  refusedRequests: z.int(),
  peersPort: z.int(),
  peers: z.array(z.strictObject({ name: z.string(), address: z.string() })).min(1),
  connectTimeoutMs: z.int(),
  httpServerClose: z.boolean(),
  headTimeoutMs: z.int(),
  bodyTimeoutMs: z.int(),
  bodyBeginningBytes: z.int(),
  idleTimeoutMs: z.int(),
  closingS: z.int(),
  keepAliveS: z.int(),
  mapFile: z.string(),
  /** Networks of targets: denied always; forbidden unless allowed. */
  denied: Networks,
  allowed: Networks,
  forbidden: Networks.min(1),
  /** Of routes with one target: haproxy's servers by the first field of a route's value, and a backend for each class of retries. */
  servers: z.array(z.strictObject({ kind: z.string(), tls: z.boolean(), verify: z.boolean() })).min(1),
  retries: z.strictObject({
    prefix: z.string(),
    default: z.string(),
    classes: z.array(z.strictObject({ name: z.string(), retries: z.int(), causes: z.string() })).min(1),
    /** Methods of requests that may be sent again although a target may have seen them. */
    methods: z.string(),
  }),
  /** File with the authorities of targets. */
  authorities: z.string(),
  /** Program for headers of routes, beside haproxy.cfg. */
  headersProgram: z.string(),
  probe: z.union([z.literal(false), z.strictObject({ port: z.int(), header: z.string() })]),
  /** Backends whose servers the agent has added; false without routes. */
  balanced: z.union([
    z.literal(false),
    z.strictObject({
      prefix: z.string(),
      queueTimeoutMs: z.int(),
      checksMap: z.string(),
      backends: z.array(z.string()),
    }),
  ]),
  counted: CountedView,
});

const servers = [
  { kind: "plain", tls: false, verify: false },
  { kind: "tls", tls: true, verify: true },
  { kind: "tls-unverified", tls: true, verify: false },
];

/** A client or target that has closed its side gets the rest within this time. */
const closingS = 10;
const keepAliveS = 15;
/** What a client of any line sends at once; beyond it an upload takes its time. */
const bodyBeginningBytes = 4096;
/** Of one address in ten seconds, on the stats page. */
const refusedRequests = 20;
const defaultHttpsPort = 443;

/** False for a pair without an edge. */
export function edgeView(
  pair: Pair,
  node: Node,
  { monitoring }: Pick<Topology["firewall"], "monitoring">,
): z.input<typeof EdgeView> | false {
  const { edge, routes } = pair;
  if (edge === undefined) return false;
  const { tls, limits, port, maxConnections, deny, peersPort } = edge;
  const { connectTimeoutMs, httpServerClose, headTimeoutMs, bodyTimeoutMs, idleTimeoutMs } = edge;
  return {
    host: node.name,
    address: node.address,
    virtualAddress: servedAddressOf(pair, node),
    port,
    tls: {
      port: tls.port,
      certificate: edgeCertificateName(edge),
      redirect: tls.redirect && { port: tls.port === defaultHttpsPort ? "" : `:${tls.port}` },
      hstsS: tls.hstsS,
    },
    ...{ maxConnections, limits, peersPort, httpServerClose },
    ...{ connectTimeoutMs, headTimeoutMs, bodyTimeoutMs, idleTimeoutMs },
    bodyBeginningBytes,
    deny: [...deny],
    monitoring: [...monitoring],
    refusedRequests,
    peers: pair.nodes
      .filter((peer) => peer.name !== node.name)
      .map(({ name, address }) => ({ name, address })),
    closingS,
    keepAliveS,
    mapFile: routesMapFile,
    denied: [...(routes?.deniedTargets ?? [])],
    allowed: [...(routes?.allowedTargets ?? [])],
    forbidden: [...Object.keys(forbiddenTargets), ...ownAddressesOf(pair)],
    servers,
    retries: {
      prefix: retriesPrefix,
      default: `${retriesPrefix}${defaultRetries}`,
      classes: [...retryClasses],
      methods: replayedMethods.join(" "),
    },
    authorities: publicAuthorities,
    headersProgram: basename(routeHeadersPath),
    probe: routes !== undefined && { port: routes.probePort, header: probeHeader },
    balanced: routes !== undefined && {
      prefix: balancedPrefix,
      queueTimeoutMs: edge.queueTimeoutMs,
      checksMap,
      backends: Array.from({ length: balancedBackends }, (_, index) => balancedBackend(index + 1)),
    },
    counted: countedView(),
  };
}
