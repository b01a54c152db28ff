import { Failure } from "../base/failure.ts";
import { upCommand } from "../cli/config/stackConfig.ts";
import { labOf } from "../cli/targets/lab/target.ts";
import type { EgressServerConfig } from "../contract/egressConfig.ts";
import { fullName } from "../contract/routes/route.ts";
import type { PairOutputs } from "../contract/stackOutputs.ts";
import { findLeader } from "../lab/machine/exec.ts";
import { egressBackend, egressMapFile } from "../render/paths.ts";
import { hostsOf } from "../topology/hosts.ts";
import { type Pooler, poolersOf, postgresMachineOf } from "../topology/pool.ts";
import type { EgressGroup } from "../topology/schema/egress.ts";
import {
  metricsPortOf,
  type Pair,
  type Pool,
  serversOf,
  type Target,
  type Topology,
} from "../topology/topology.ts";

/** Faults are made in machines of this host. */
const drilling = "a drill";

/** A running pair, as a drill needs it. */
export interface DrilledPair {
  readonly lab: string;
  readonly vip: { readonly address: string; readonly port: number };
  /** Names of the nodes' machines. */
  readonly nodes: readonly string[];
  readonly pool: DrilledPool;
  /** The application's connection through the virtual address, as the application server uses it. Secret. */
  readonly databaseUrl: string;
  /** Present where proxies can be made to fail. */
  readonly egress?: DrilledEgress;
  /** Present where AWS, played by the lab, delivers the address. */
  readonly ec2?: DrilledEc2;
  /** Present where the pair has an edge with routes. */
  readonly edge?: DrilledEdge;
}

interface DrilledEc2 {
  /** Where the agent answers on each node. */
  readonly agentPort: number;
}

interface DrilledPool {
  /** Where the poolers run. */
  readonly on: Pool["on"];
  /** Those of the port for sessions among them. */
  readonly poolers: readonly Pooler[];
  /** Machine with PostgreSQL; undefined where the database is external. */
  readonly postgres: string | undefined;
}

/** @throws Failure for a pair whose database is external */
export function postgresOf({ pool }: DrilledPair): string {
  if (pool.postgres !== undefined) return pool.postgres;
  throw new Failure("this pair's database is external: its PostgreSQL is on none of the lab's machines");
}

/** What a drill needs of a stack's outputs. */
interface DrilledOutputs {
  readonly pairs: Readonly<Record<string, Pick<PairOutputs, "databaseUrl" | EdgeOutput>>>;
}

/** The application server is a machine of the lab where a stack made it. */
type DrilledLab = Pick<Target<"lab">, "name" | "internet"> & Partial<Pick<Target<"lab">, "app">>;

/**
 * The first pair of a stack that has a pool, which drills send requests to.
 * @param lab the lab whose machines are its hosts, where that is not the stack's own
 * @throws Failure where there is none
 */
export function drilledPair(
  topology: Topology,
  { pairs }: DrilledOutputs,
  lab: DrilledLab = labOf(topology, drilling),
): DrilledPair {
  const pair = topology.pairs.find(({ pool }) => pool !== undefined);
  const outputs = pair && pairs[pair.name];
  if (!pair?.pool || outputs?.databaseUrl === undefined)
    throw new Failure("no pair of this stack has a pool to drill");
  const egress = drilledEgress(lab, pair);
  const edge = drilledEdge(lab, pair, outputs);
  return {
    lab: lab.name,
    vip: { address: pair.vip.address, port: pair.haproxy.port },
    nodes: pair.nodes.map(({ name }) => name),
    pool: {
      on: pair.pool.on,
      poolers: poolersOf(pair),
      postgres: postgresMachineOf(pair.pool)?.name,
    },
    databaseUrl: outputs.databaseUrl,
    ...(egress && { egress }),
    ...(pair.vip.aws && { ec2: { agentPort: metricsPortOf(pair) } }),
    ...(edge && { edge }),
  };
}

/** A pair's first egress group, and the internet behind it. */
export interface DrilledEgress extends Pick<EgressGroup, "port" | "probe" | "hysteresis"> {
  readonly group: string;
  readonly backend: string;
  readonly mapFile: string;
  /** In the order of the config, last resorts at the end. */
  readonly servers: readonly EgressServerConfig[];
  readonly metricsPort: number;
  /** Address of the machine that plays the internet. */
  readonly internet: string;
}

/** Undefined where the pair has no egress, or the lab no internet in which a proxy can fail. */
function drilledEgress(
  { internet }: Pick<Target<"lab">, "internet">,
  { egress }: Pair,
): DrilledEgress | undefined {
  const [group] = egress?.groups ?? [];
  if (egress === undefined || group === undefined || internet === undefined) return undefined;
  const { name, port, probe, hysteresis } = group;
  return {
    port,
    probe,
    hysteresis,
    group: name,
    backend: egressBackend(name),
    mapFile: egressMapFile(name),
    servers: serversOf(group),
    metricsPort: egress.metricsPort,
    internet,
  };
}

/** @throws Failure for a pair without egress */
export function egressOf({ egress }: DrilledPair): DrilledEgress {
  if (egress) return egress;
  throw new Failure(
    "this stack has no egress to drill: give its pair `egress` and its lab `internet` (stacks/Pulumi.lab.yaml shows how)",
  );
}

/** What a drill of the edge needs of a pair's outputs. */
type EdgeOutput = "edgeUrl" | "edgeAuthority" | "routesUrl" | "routesAuthority" | "routeTokens" | "reach";

/** A pair's edge, and the API of its routes. */
export interface DrilledEdge {
  /** By HTTPS, on the virtual address. */
  readonly url: string;
  /** Of the edge's certificate, PEM. */
  readonly authority: string;
  /** A route without a dot in its name is a label below it. */
  readonly domain: string;
  /** Of the virtual address, for HTTP and for HTTPS. */
  readonly ports: { readonly http: number; readonly https: number };
  /** The API as the lab's application server reaches it. Secret. */
  readonly api: ApiAccess & { readonly nodes: readonly string[] };
  /** The same as this host reaches it. Secret. */
  readonly reach: ApiAccess & { readonly serverName: string };
  /** Address of the application server, where the targets of the drills' routes are. */
  readonly app: string;
  /** Present where the pair asks a service on the application server for the nodes of a route. */
  readonly updates?: DrilledUpdates;
}

interface DrilledUpdates {
  /** Where the service is. */
  readonly address: string;
  readonly port: number;
  /** The route's, in full. */
  readonly host: string;
  /** A node that leaves keeps its sessions for this long. */
  readonly drainS: number;
}

interface ApiAccess {
  readonly url: string;
  readonly ca: string;
  readonly token: string;
}

/** Undefined where a part of it is missing. */
function drilledEdge(
  { app }: DrilledLab,
  { edge, routes, nodes }: Pair,
  { edgeUrl, edgeAuthority, routesUrl, routesAuthority, routeTokens, reach }: Pick<PairOutputs, EdgeOutput>,
): DrilledEdge | undefined {
  const [domain] = edge?.domains ?? [];
  const writes = routes?.tokens.find(({ role }) => role !== "read");
  const token = routeTokens?.[writes?.name ?? ""];
  if (!app || !edge || !domain || !token || !reach?.routesUrl) return undefined;
  if (!edgeUrl || !edgeAuthority || !routesUrl || !routesAuthority) return undefined;
  const { hostname, port } = new URL(routesUrl);
  const access = { ca: routesAuthority, token };
  const updates = drilledUpdates(app, edge, routes);
  return {
    ...(updates && { updates }),
    url: edgeUrl,
    authority: edgeAuthority,
    domain,
    ports: { http: edge.port, https: edge.tls.port },
    api: { ...access, url: routesUrl, nodes: nodes.map(({ address }) => `https://${address}:${port}`) },
    reach: { ...access, url: reach.routesUrl, serverName: hostname },
    app,
  };
}

/** Undefined where the service is on another machine than the application server, or has TLS. */
function drilledUpdates(
  app: string,
  { updates, domains }: NonNullable<Pair["edge"]>,
  routes: Pair["routes"],
): DrilledUpdates | undefined {
  const url = updates && new URL(updates.url);
  if (!updates || !routes || url?.protocol !== "http:" || url.hostname !== app) return undefined;
  const { drainS } = routes;
  return { address: app, port: Number(url.port || 80), host: fullName(updates.host, domains), drainS };
}

/** @throws Failure for a pair that asks no service on the application server */
export function updatesOf(pair: DrilledPair): DrilledUpdates {
  const { updates } = edgeOf(pair);
  if (updates) return updates;
  throw new Failure(`this stack has no node updates to drill: ${updatesRemedy}`);
}

/** What to do for nodes that can be drained by a drill. */
export const updatesRemedy =
  "give its pair edge.updates with an http:// URL of the lab's application server, and routes.drainS of 60 or less";

/** @throws Failure for a pair without an edge and routes */
export function edgeOf({ edge }: DrilledPair): DrilledEdge {
  if (edge) return edge;
  throw new Failure(`this stack has no edge to drill: ${edgeRemedy}`);
}

/** What to do for an edge that can be drilled. */
export const edgeRemedy = "give its pair edge.domains and routes";

/** @throws Failure where a machine of the stack is not running: a drill needs a healthy pair */
export function assertRunning(topology: Topology, stackName: string): void {
  const lab = labOf(topology, drilling);
  const names = hostsOf(topology).map(({ name }) => name);
  const down = names.filter((name) => findLeader(lab.name, name) === undefined);
  if (down.length === 0) return;
  throw new Failure(
    `the stack ${stackName} is not up (not running: ${down.join(", ")}): ${upCommand(stackName)}`,
  );
}
