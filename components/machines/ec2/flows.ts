import { type Ec2Section, sourcesOf } from "../../../topology/ec2.ts";
import { poolerHostsOf, poolersOf, postgresMachineOf, remotePoolerHostsOf } from "../../../topology/pool.ts";
import { routesMachineOf } from "../../../topology/routes.ts";
import { isSecurityGroup } from "../../../topology/schema/ec2.ts";
import { metricsPortOf, type Pair, serversOf, type Topology } from "../../../topology/topology.ts";

/** What the security groups let through. Pure: a list that people can read. */

/** A security group that is made. */
export type GroupName = string;
export const nodesOf = ({ name }: Pick<Pair, "name">): GroupName => `${name}-nodes`;
export const poolOf = ({ name }: Pick<Pair, "name">): GroupName => `${name}-pool`;
export const endpointGroup: GroupName = "endpoint";

/** One rule: `port` is absent where the protocol has none, or every one is meant. */
export interface Flow {
  readonly group: GroupName;
  readonly direction: "in" | "out";
  /** VRRP has no name in EC2's API, only its number. */
  readonly protocol: "tcp" | "udp" | "112";
  readonly port?: number;
  /** The other end: a group that is made, one that exists (`sg-…`), or a network. */
  readonly peer: { readonly made: GroupName } | { readonly group: string } | { readonly cidr: string };
  readonly what: string;
}

type Half = Pick<Flow, "protocol" | "port" | "what">;
const tcp = (port: number, what: string): Half => ({ protocol: "tcp", port, what });

/** Every rule, each once. */
export function flowsOf(section: Ec2Section, topology: Topology): readonly Flow[] {
  const { pairs } = topology;
  const flows = [
    ...pairs.flatMap((pair) => [
      ...clients(section, topology, pair),
      ...insideOf(pair),
      ...direct(pair),
      ...outOf(section, topology, pair),
    ]),
    ...(section.api === "endpoint"
      ? pairs.flatMap((pair) => between(nodesOf(pair), endpointGroup, [tcp(443, "EC2 API")]))
      : []),
  ];
  return [...new Map(flows.map((flow) => [flowName(flow), flow])).values()];
}

/** `pg-nodes-in-tcp-5432-from-10.0.0.0/16`: two flows with one name are the same rule. */
export function flowName({ group, direction, protocol, port, peer }: Flow): string {
  const other = "made" in peer ? peer.made : "group" in peer ? peer.group : peer.cidr;
  const end = port === undefined ? protocol : `${protocol}-${port}`;
  return `${group}-${direction}-${end}-${direction === "in" ? "from" : "to"}-${other}`;
}

export function groupsOf({ api }: Pick<Ec2Section, "api">, pairs: readonly Pair[]): readonly GroupName[] {
  return [
    ...pairs.flatMap((pair) => [nodesOf(pair), ...(hasMachines(pair) ? [poolOf(pair)] : [])]),
    ...(api === "endpoint" ? [endpointGroup] : []),
  ];
}

function hasMachines({ pool }: Pair): boolean {
  return (pool?.machines.length ?? 0) > 0;
}

/** Groups of the hosts of a pair. */
function hostGroups(pair: Pair): readonly GroupName[] {
  return [nodesOf(pair), ...(hasMachines(pair) ? [poolOf(pair)] : [])];
}

function clients(section: Ec2Section, { network }: Topology, pair: Pair): readonly Flow[] {
  const { application, monitoring, ssh, admin } = sourcesOf(section, network.cidr);
  const { haproxy, pool, egress, edge, routes } = pair;
  const nodes = nodesOf(pair);
  return [
    ...into(nodes, application, [
      ...(pool ? [tcp(haproxy.port, "clients of PostgreSQL")] : []),
      ...(pool?.session ? [tcp(pool.session.port, "clients of PostgreSQL, sessions")] : []),
      ...(egress?.groups ?? []).map(({ name, port }) => tcp(port, `SOCKS clients of ${name}`)),
    ]),
    ...(edge
      ? into(nodes, edge.allow ?? application, [
          tcp(edge.port, "clients of the edge"),
          tcp(edge.tls.port, "clients of the edge, HTTPS"),
        ])
      : []),
    ...(routes ? into(nodes, admin, [tcp(routes.port, "API of the routes")]) : []),
    ...into(nodes, monitoring, [
      tcp(haproxy.statsPort, "stats and metrics of haproxy"),
      tcp(metricsPortOf(pair), "metrics of the agent"),
    ]),
    ...hostGroups(pair).flatMap((group) => into(group, ssh, [tcp(22, "SSH")])),
  ];
}

function insideOf(pair: Pair): readonly Flow[] {
  const { pool, edge } = pair;
  const nodes = nodesOf(pair);
  const vrrp: Half = { protocol: "112", what: "VRRP" };
  const peers = between(nodes, nodes, [
    vrrp,
    tcp(metricsPortOf(pair), "the agents ask each other"),
    ...(edge ? [tcp(edge.peersPort, "haproxys tell each other what they count")] : []),
  ]);
  if (pool === undefined) return peers;
  const poolers = pool.on === "nodes" ? nodes : poolOf(pair);
  const ports = [...new Set(poolersOf(pair).map(({ port }) => port))].map((port) => tcp(port, "poolers"));
  const postgres = [tcp(pool.postgres.port, "PostgreSQL")];
  return [
    ...peers,
    ...between(nodes, poolers, ports),
    // Poolers of other hosts forward requests to cancel a query.
    ...(poolerHostsOf(pair).length > 1 ? between(poolers, poolers, ports) : []),
    ...(remotePoolerHostsOf(pair).length > 0 ? between(poolers, poolOf(pair), postgres) : []),
    ...(routesMachineOf(pair) ? between(nodes, poolOf(pair), postgres) : []),
  ];
}

/** Clients beside the pair, where the config names some. */
function direct(pair: Pair): readonly Flow[] {
  const { pool } = pair;
  if (pool === undefined) return [];
  const poolers = pool.on === "nodes" ? nodesOf(pair) : poolOf(pair);
  const ports = [...new Set(poolersOf(pair).map(({ port }) => port))];
  return [
    ...into(
      poolers,
      pool.directClients,
      ports.map((port) => tcp(port, "poolers, without the pair")),
    ),
    ...(postgresMachineOf(pool)
      ? into(poolOf(pair), pool.directClients, [tcp(pool.postgres.port, "PostgreSQL, without the pair")])
      : []),
  ];
}

const anywhere = "0.0.0.0/0";

/** A VPC's DHCP options may name resolvers and time servers of its own, which security groups hold for. */
const ofNetwork: readonly Half[] = [
  ...(["udp", "tcp"] as const).map((protocol): Half => ({ protocol, port: 53, what: "DNS" })),
  { protocol: "udp", port: 123, what: "NTP" },
];

/**
 * What leaves the pair's hosts. AWS's own DNS, time and metadata are not subject to security groups, and a VPC that is made
 * has no others.
 */
function outOf(section: Ec2Section, { syslog }: Topology, pair: Pair): readonly Flow[] {
  const nodes = nodesOf(pair);
  const poolers = pair.pool?.on === "nodes" ? nodes : poolOf(pair);
  const { external } = pair.pool?.database ?? {};
  const servers = (pair.egress?.groups ?? []).flatMap((group) => serversOf(group));
  const wireproxy = (pair.egress?.groups ?? [])
    .flatMap(({ servers, lastResorts }) => [...servers, ...lastResorts])
    .some((server) => server.wireproxy);
  return [
    ...hostGroups(pair).flatMap((group) => [
      ...(section.prebaked
        ? []
        : out(group, anywhere, [tcp(80, "mirror of Debian"), tcp(443, "mirror of Debian")])),
      ...(section.vpc.id === undefined ? [] : out(group, anywhere, ofNetwork)),
      ...(syslog
        ? out(group, `${syslog.address}/32`, [
            { protocol: syslog.protocol, port: syslog.port, what: "log server" },
          ])
        : []),
    ]),
    ...(section.api === "endpoint" ? [] : out(nodes, anywhere, [tcp(443, "EC2 API")])),
    ...(external
      ? out(poolers, isIpAddress(external.address) ? `${external.address}/32` : anywhere, [
          tcp(external.port, "external database"),
        ])
      : []),
    ...servers
      .filter(({ address }) => !address.startsWith("127."))
      .flatMap(({ name, address, port }) => out(nodes, `${address}/32`, [tcp(port, `proxy ${name}`)])),
    // Targets of routes are wherever their agents are.
    ...(pair.edge ? out(nodes, anywhere, [{ protocol: "tcp", what: "targets of the edge" }]) : []),
    // Their endpoints are in secret files.
    ...(wireproxy ? out(nodes, anywhere, [{ protocol: "udp", what: "WireGuard" }]) : []),
  ];
}

function isIpAddress(text: string): boolean {
  return /^[\d.]+$/.test(text);
}

function into(group: GroupName, sources: readonly string[], halves: readonly Half[]): readonly Flow[] {
  return sources.flatMap((source) => {
    const peer = isSecurityGroup(source) ? { group: source } : { cidr: source };
    return halves.map((half) => ({ group, direction: "in" as const, ...half, peer }));
  });
}

function out(group: GroupName, cidr: string, halves: readonly Half[]): readonly Flow[] {
  return halves.map((half) => ({ group, direction: "out" as const, ...half, peer: { cidr } }));
}

/** Both ends of what goes from one group to another. */
function between(from: GroupName, to: GroupName, halves: readonly Half[]): readonly Flow[] {
  return halves.flatMap((half) => [
    { group: from, direction: "out" as const, ...half, peer: { made: to } },
    { group: to, direction: "in" as const, ...half, peer: { made: from } },
  ]);
}
