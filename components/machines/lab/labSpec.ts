import { forwardedHost, type MachineSpec, type NetworkSpec } from "../../../contract/lab.ts";
import { type Host, hostsOf } from "../../../topology/hosts.ts";
import type { Pair, Target, Topology } from "../../../topology/topology.ts";
import type { Reach } from "../machine.ts";

/** What the lab makes for a topology; `lab/` itself knows nothing of pairs. */
export interface LabSpec {
  readonly network: NetworkSpec;
  readonly machines: readonly (Pick<MachineSpec, "address" | "sshPort"> & { readonly name: string })[];
  readonly reach: Readonly<Record<string, Reach>>;
}

/** Every loopback port that the lab forwards. */
export function loopbackPorts({ network, machines }: LabSpec): readonly number[] {
  return [...network.forwards.map(({ port }) => port), ...machines.map(({ sshPort }) => sshPort)];
}

/** The user that logs in by SSH, as on every target. */
const user = "admin";

export function labSpec(lab: Target<"lab">, topology: Topology, packages: readonly string[]): LabSpec {
  const { network, pairs } = topology;
  const socks = socksForwards(lab, pairs);
  const sessions = sessionForwards(lab, pairs);
  const edges = edgeForwards(lab, pairs);
  const apis = routesForwards(lab, pairs);
  const fronts = pairs.map((pair, index) => ({
    pair,
    sql: lab.sqlPort + index,
    session: sessions.find((forward) => forward.pair === pair)?.port,
    stats: lab.statsPort + index,
    edge: edges.find((forward) => forward.pair === pair),
    api: apis.find((forward) => forward.pair === pair),
  }));
  return {
    network: {
      cidr: network.cidr,
      app: lab.app,
      packages: [...packages],
      user,
      forwards: [
        ...fronts.flatMap(({ pair, sql, stats }) => [
          { port: sql, to: `${pair.vip.address}:${pair.haproxy.port}` },
          { port: stats, to: `${pair.vip.address}:${pair.haproxy.statsPort}` },
        ]),
        ...edges.flatMap(({ pair: { vip }, edge, http, https }) => [
          { port: http, to: `${vip.address}:${edge.port}` },
          { port: https, to: `${vip.address}:${edge.tls.port}` },
        ]),
        ...[...sessions, ...apis, ...socks].map(({ port, to }) => ({ port, to })),
      ],
    },
    machines: inPortOrder(hostsOf(topology)).map(({ name, address }, index) => ({
      name,
      address,
      sshPort: lab.sshPort + index,
    })),
    reach: Object.fromEntries(
      fronts.map(({ pair, sql, session, stats, edge, api }) => [
        pair.name,
        {
          sql: `${forwardedHost}:${sql}`,
          ...(session !== undefined && { session: `${forwardedHost}:${session}` }),
          stats: `${forwardedHost}:${stats}`,
          ...(edge && {
            edge: { http: `${forwardedHost}:${edge.http}`, https: `${forwardedHost}:${edge.https}` },
          }),
          ...(api && { routes: `${forwardedHost}:${api.port}` }),
          socks: Object.fromEntries(
            socks
              .filter((forward) => forward.pair === pair)
              .map(({ group, port }) => [group, `${forwardedHost}:${port}`]),
          ),
        },
      ]),
    ),
  };
}

/** One loopback port per pool with a port for sessions, counted through all pairs. */
function sessionForwards(lab: Target<"lab">, pairs: readonly Pair[]) {
  return pairs
    .flatMap((pair) => (pair.pool?.session ? [{ pair, session: pair.pool.session }] : []))
    .map(({ pair, session }, index) => ({
      pair,
      port: lab.sessionPort + index,
      to: `${pair.vip.address}:${session.port}`,
    }));
}

/** Two loopback ports per edge, counted through all pairs. */
function edgeForwards(lab: Target<"lab">, pairs: readonly Pair[]) {
  return pairs
    .flatMap((pair) => (pair.edge ? [{ pair, edge: pair.edge }] : []))
    .map(({ pair, edge }, index) => ({
      pair,
      edge,
      http: lab.edgePort + index,
      https: lab.edgeTlsPort + index,
    }));
}

/** One loopback port per API of routes, counted through all pairs. */
function routesForwards(lab: Target<"lab">, pairs: readonly Pair[]) {
  return pairs
    .flatMap((pair) => (pair.routes ? [{ pair, routes: pair.routes }] : []))
    .map(({ pair, routes }, index) => ({
      pair,
      port: lab.routesPort + index,
      to: `${pair.vip.address}:${routes.port}`,
    }));
}

/** One loopback port per egress group, counted through all pairs. */
function socksForwards(lab: Target<"lab">, pairs: readonly Pair[]) {
  return pairs
    .flatMap((pair) => (pair.egress?.groups ?? []).map((group) => ({ pair, group })))
    .map(({ pair, group }, index) => ({
      pair,
      group: group.name,
      port: lab.socksPort + index,
      to: `${pair.vip.address}:${group.port}`,
    }));
}

/** The nodes have the first SSH ports, so that haproxy1 is on the first. */
const portOrder: Readonly<Record<Host["role"], number>> = { node: 0, pool: 1, internet: 2 };

function inPortOrder(hosts: readonly Host[]): readonly Host[] {
  return hosts.toSorted((one, other) => portOrder[one.role] - portOrder[other.role]);
}
