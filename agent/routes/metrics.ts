import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import { balancedBackend } from "../../contract/routes/balanced.ts";

/** What is shown of a node's routes at the moment at which metrics are read. */
export interface RouteFigures {
  readonly routes: number;
  readonly version: number;
  /** Changes that are known of and not yet served here. */
  readonly lag: number;
  readonly logBytes: number;
  /** Names of targets that have no address, or one that is not confirmed. */
  readonly unresolved: number;
  readonly isHaproxyGood: boolean;
  readonly isStoreGood: boolean;
  readonly isLogGood: boolean;
  readonly areServersGood: boolean;
  readonly peers: Readonly<Record<string, number>>;
  /** Number of haproxy's backend by host, of the routes that have one. */
  readonly backends: ReadonlyMap<string, number>;
}

export interface RouteMetrics {
  /** A batch of changes is on disk and served. */
  batch(changes: number): void;
  served(seconds: number): void;
  reconciled(): void;
}

export function openRouteMetrics(registry: Registry, figures: () => RouteFigures): RouteMetrics {
  const registers = [registry];
  const gauge = (name: string, help: string, of: (now: RouteFigures) => number) =>
    new Gauge({
      name: `hapair_routes_${name}`,
      help,
      registers,
      collect() {
        this.set(of(figures()));
      },
    });
  gauge("count", "Routes that this node serves", ({ routes }) => routes);
  gauge("version", "Number of the last change that is on disk and served here", ({ version }) => version);
  gauge("lag", "Changes that are known of and not yet on disk and served here", ({ lag }) => lag);
  gauge("log_bytes", "Size of this node's log of routes", ({ logBytes }) => logBytes);
  gauge(
    "unresolved",
    "Names of targets without an address that their name servers confirm",
    (now) => now.unresolved,
  );
  gauge("haproxy_up", "1 while haproxy takes changes of its map", (now) => (now.isHaproxyGood ? 1 : 0));
  gauge("store_up", "1 while the database of the routes can be used", (now) => (now.isStoreGood ? 1 : 0));
  gauge("log_up", "1 while the log of routes can be written", (now) => (now.isLogGood ? 1 : 0));
  gauge(
    "servers_up",
    "1 while haproxy's servers of routes with several targets can be changed",
    ({ areServersGood }) => (areServersGood ? 1 : 0),
  );
  new Gauge({
    name: "hapair_routes_peer_version",
    help: "Number of the last change that another node has told to be on disk and served there",
    labelNames: ["peer"],
    registers,
    collect() {
      this.reset();
      for (const [peer, version] of Object.entries(figures().peers)) this.set({ peer }, version);
    },
  });
  new Gauge({
    name: "hapair_routes_backend",
    help: "1 for each route that has servers of its own, with the backend of haproxy's that has them",
    labelNames: ["host", "backend"],
    registers,
    collect() {
      this.reset();
      for (const [host, number] of figures().backends)
        this.set({ host, backend: balancedBackend(number) }, 1);
    },
  });
  const batches = new Counter({
    name: "hapair_routes_batches_total",
    help: "Batches of changes that were made",
    registers,
  });
  const changes = new Counter({
    name: "hapair_routes_changes_total",
    help: "Changes that were made",
    registers,
  });
  const reconciles = new Counter({
    name: "hapair_routes_reconciles_total",
    help: "Times that a worker of haproxy had another map, and got the whole one",
    registers,
  });
  const seconds = new Histogram({
    name: "hapair_routes_apply_seconds",
    help: "Time from the turn of changes until haproxy serves them",
    buckets: [0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5],
    registers,
  });
  return {
    batch: (count) => {
      batches.inc();
      changes.inc(count);
    },
    served: (time) => seconds.observe(time),
    reconciled: () => reconciles.inc(),
  };
}
