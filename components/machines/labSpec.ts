import { hostsOf, type Topology } from "../../topology/topology.ts";
import type { Reach } from "./machine.ts";

/** What the lab must make for a topology; `lab/` itself knows nothing of pairs. */
export interface LabSpec {
  readonly network: {
    readonly cidr: string;
    readonly app: string;
    readonly packages: readonly string[];
    readonly user: string;
    readonly forwards: readonly { readonly port: number; readonly to: string }[];
  };
  readonly machines: readonly { readonly name: string; readonly address: string; readonly sshPort: number }[];
  readonly reach: Readonly<Record<string, Reach>>;
}

/** The user that logs in by SSH, as on every target. */
const user = "admin";

export function labSpec(
  { network, lab, pairs, ...topology }: Topology,
  packages: readonly string[],
): LabSpec {
  const doors = pairs.map((pair, index) => ({
    pair,
    sql: lab.sqlPort + index,
    stats: lab.statsPort + index,
  }));
  return {
    network: {
      cidr: network.cidr,
      app: lab.app,
      packages,
      user,
      forwards: doors.flatMap(({ pair, sql, stats }) => [
        { port: sql, to: `${pair.vip.address}:${pair.haproxy.port}` },
        { port: stats, to: `${pair.vip.address}:${pair.haproxy.statsPort}` },
      ]),
    },
    machines: nodesFirst(hostsOf({ network, lab, pairs, ...topology })).map(({ name, address }, index) => ({
      name,
      address,
      sshPort: lab.sshPort + index,
    })),
    reach: Object.fromEntries(
      doors.map(({ pair, sql, stats }) => [
        pair.name,
        { sql: `127.0.0.1:${sql}`, stats: `127.0.0.1:${stats}` },
      ]),
    ),
  };
}

/** haproxy1 gets the first SSH port, as people expect. */
function nodesFirst<Host extends { readonly role: string }>(hosts: readonly Host[]): readonly Host[] {
  return [...hosts.filter((host) => host.role === "node"), ...hosts.filter((host) => host.role !== "node")];
}
