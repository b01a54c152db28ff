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
  const fronts = pairs.map((pair, index) => ({
    pair,
    sql: lab.sqlPort + index,
    session: sessions.find((forward) => forward.pair === pair)?.port,
    stats: lab.statsPort + index,
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
        ...[...sessions, ...socks].map(({ port, to }) => ({ port, to })),
      ],
    },
    machines: inPortOrder(hostsOf(topology)).map(({ name, address }, index) => ({
      name,
      address,
      sshPort: lab.sshPort + index,
    })),
    reach: Object.fromEntries(
      fronts.map(({ pair, sql, session, stats }) => [
        pair.name,
        {
          sql: `${forwardedHost}:${sql}`,
          ...(session !== undefined && { session: `${forwardedHost}:${session}` }),
          stats: `${forwardedHost}:${stats}`,
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
