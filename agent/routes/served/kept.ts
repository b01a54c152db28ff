import type { RoutesConfig } from "../../../contract/routesConfig.ts";
import { Backends } from "../balanced/backends.ts";
import type { HaproxyServers } from "../balanced/balancer.ts";
import { openRehearsal, type Rehearsal } from "../haproxy/rehearsal.ts";
import { RouteMap } from "../haproxy/routeMap.ts";
import { type FoundLog, RoutesLog } from "../log/routesLog.ts";
import { ServedLog } from "../log/servedLog.ts";
import type { RouteMetrics } from "../metrics.ts";
import type { TargetNames } from "../names.ts";
import type { RouteTable } from "../table.ts";
import { Entries } from "./entries.ts";
import { NamedHosts } from "./namedHosts.ts";

/** What the routes of a node are kept in. */
export interface Kept {
  readonly table: RouteTable;
  readonly log: ServedLog;
  readonly map: RouteMap;
  readonly backends: Backends;
  readonly entries: Entries;
  readonly named: NamedHosts;
  readonly names: TargetNames;
  readonly rehearsal: Rehearsal;
}

export interface KeptTools {
  readonly names: TargetNames;
  readonly servers: HaproxyServers;
  readonly metrics: Pick<RouteMetrics, "served" | "reconciled">;
  /** Why haproxy's map, its servers or the log cannot be changed; null where it can. Told after each attempt. */
  readonly onProblem: (what: "haproxy" | "log" | "servers", problem: string | null) => void;
}

interface Turning {
  /** Ends the attempts to write the log. */
  readonly signal: AbortSignal;
  /** It is known anew which servers haproxy has. */
  readonly onSeen: () => void;
}

/** Changes nothing yet. @param found the node's log as it is on disk */
export function openKept(
  config: RoutesConfig,
  found: FoundLog,
  { names, servers, metrics, onProblem, signal, onSeen }: KeptTools & Turning,
): Kept {
  const { table } = found;
  const addressOf = (host: string) => names.addressOf(host);
  const backends = new Backends(config, found, {
    ...{ servers, addressOf, onSeen },
    onProblem: (problem) => onProblem("servers", problem),
  });
  const source = () => ({ table, addresses: names.addresses(), numbers: backends.numbers });
  const log = new RoutesLog(config.folder, config.pair, found, source);
  const where = { socket: config.runtimeSocket, file: config.mapFile };
  const map = new RouteMap(where, {
    onProblem: (problem) => onProblem("haproxy", problem),
    onServed: metrics.served,
    onReconciled: () => {
      metrics.reconciled();
      backends.balancer.lookNow();
    },
  });
  const named = new NamedHosts();
  named.noteAll(table.routes.values());
  return {
    ...{ table, map, backends, names, named },
    log: new ServedLog(log, table.position?.version ?? 0, {
      ...{ addressOf, signal },
      onProblem: (problem) => onProblem("log", problem),
    }),
    entries: new Entries(table, backends, addressOf),
    rehearsal: openRehearsal(where),
  };
}
