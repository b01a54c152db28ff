import { takenPorts } from "../../../base/listeners.ts";
import type { Host } from "../../../topology/hosts.ts";
import { poolersOn, postgresMachineOf } from "../../../topology/pool.ts";
import { metricsPortOf } from "../../../topology/topology.ts";

interface Needed {
  readonly port: number;
  /** Its key in the config, below the pair. */
  readonly key: string;
  /** The program that may have it already: whether its configuration is somebody's own is another question. */
  readonly program: string;
}

/** A sentence for each port that a daemon of the pair needs on this host, and that another program has. */
export function foreignListeners(host: Host, listeners: string): readonly string[] {
  if (host.role === "internet") return [];
  const addresses = ["127.0.0.1", host.address, ...(host.role === "node" ? [host.pair.vip.address] : [])];
  return neededPorts(host).flatMap(({ port, key, program }) => {
    const wanted = addresses.map((address) => ({
      address: `${address}:${port}`,
      setting: `${key} (${port})`,
    }));
    return takenPorts(wanted, listeners, ({ name }) => name === program).slice(0, 1);
  });
}

export function neededPorts(host: Extract<Host, { pair: unknown }>): readonly Needed[] {
  const { pair, name } = host;
  const poolers = poolersOn(pair, name).map(({ port, forSessions }) => ({
    port,
    key: forSessions ? "pool.session.ports" : "pool.ports",
    program: "pgbouncer",
  }));
  const postgres =
    pair.pool && postgresMachineOf(pair.pool)?.name === name
      ? [{ port: pair.pool.postgres.port, key: "pool.postgres.port", program: "postgres" }]
      : [];
  return [...(host.role === "node" ? nodePorts(host) : []), ...poolers, ...postgres];
}

function nodePorts({ pair }: Extract<Host, { role: "node" }>): readonly Needed[] {
  const { haproxy, pool, egress, edge, routes } = pair;
  const program = "haproxy";
  const proxies = (egress?.groups ?? []).flatMap(({ servers, lastResorts }) => [...servers, ...lastResorts]);
  // Several groups may use one.
  const own = new Set(proxies.filter(({ wireproxy }) => wireproxy).map(({ port }) => port));
  return [
    { port: haproxy.port, key: "haproxy.port", program },
    { port: haproxy.statsPort, key: "haproxy.statsPort", program },
    ...(pool?.session ? [{ port: pool.session.port, key: "pool.session.port", program }] : []),
    { port: metricsPortOf(pair), key: "egress.metricsPort", program: "hapair" },
    ...(egress ? [{ port: egress.statsPort, key: "egress.statsPort", program }] : []),
    ...(egress?.groups ?? []).map(({ port }) => ({ port, key: "egress.groups[].port", program })),
    ...(edge
      ? [
          { port: edge.port, key: "edge.port", program },
          { port: edge.tls.port, key: "edge.tls.port", program },
          { port: edge.peersPort, key: "edge.peersPort", program },
        ]
      : []),
    ...(routes
      ? [
          { port: routes.port, key: "routes.port", program: "hapair" },
          { port: routes.probePort, key: "routes.probePort", program },
        ]
      : []),
    ...[...own].map((port) => ({ port, key: "egress.groups[].servers[].port", program: "wireproxy" })),
  ];
}
