import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { Gauge, type Registry } from "prom-client";
import { messageOf } from "../../base/failure.ts";
import type { Change } from "../../contract/routes/change.ts";
import { configAgent, type Route, type StoredRoute } from "../../contract/routes/route.ts";
import type { RoutesConfig } from "../../contract/routesConfig.ts";
import type { Audit } from "./door/audit.ts";
import { openMade } from "./made.ts";
import type { RouteNode } from "./node.ts";
import { writeOwnChanges } from "./ownChanges.ts";
import { RouteProblem } from "./problem.ts";
import type { RouteWriter } from "./writer/write.ts";

/** Pause before they are tried again: a host that another agent has, say, may become free. */
const againMs = 5000;

export interface Fixed {
  /** Resolves when nothing is under way any more. */
  stop(): Promise<void>;
}

interface Tools {
  readonly node: Pick<RouteNode, "begun" | "table" | "problem">;
  readonly writer: Pick<RouteWriter, "write">;
  readonly audit: Audit;
  readonly metrics: FixedMetrics;
  /** Why they cannot be made; null once they are. */
  readonly onProblem: (problem: string | null) => void;
}

type FixedConfig = Pick<RoutesConfig, "fixed" | "folder" | "pair" | "database">;

/**
 * Makes the routes of this node's config part of the table, once for each list that a bundle brings. So a node with an older
 * list never puts that back: it has made it before.
 */
export function keepFixed(config: FixedConfig, { node, writer, audit, metrics, onProblem }: Tools): Fixed {
  const made = openMade(join(config.folder, "fixed.json"), contentOf(config));
  const ending = new AbortController();

  async function make(): Promise<void> {
    await node.begun();
    // What is compared has to be the table as it is, not the one of this node's log.
    const { store } = node.problem();
    if (store !== null) throw new RouteProblem("unavailable", store);
    const changes = changesTo(config.fixed, node.table().routes);
    if (changes.length > 0) await writeOwnChanges({ writer, audit }, configAgent, changes);
    made.note();
  }

  async function run(): Promise<void> {
    const { signal } = ending;
    // A node that has never had such routes has nothing to remove either.
    let isMade = made.isSo() ?? config.fixed.length === 0;
    metrics.set(isMade ? 1 : 0);
    while (!isMade) {
      const problem = await make().then(() => null, messageOf);
      if (signal.aborted) return;
      isMade = problem === null;
      metrics.set(isMade ? 1 : 0);
      onProblem(problem);
      if (!isMade) await delay(againMs, undefined, { signal }).catch(() => {});
      if (signal.aborted) return;
    }
  }

  const running = run();
  return {
    stop: () => {
      ending.abort();
      return running;
    },
  };
}

/** The changes after which the table has these routes of the config's, and no others of it. */
export function changesTo(fixed: readonly Route[], routes: ReadonlyMap<string, StoredRoute>): Change[] {
  const hosts = new Set(fixed.map(({ host }) => host));
  const gone = Array.from(routes.values()).filter(
    ({ host, agent }) => agent === configAgent && !hosts.has(host),
  );
  return [
    ...fixed.filter((route) => !isThere(route, routes.get(route.host))).map(asPut),
    ...gone.map(({ host, agent }): Change => ({ do: "remove", host, agent })),
  ];
}

function asPut(route: Route): Change {
  return { do: "put", route };
}

function isThere(route: Route, stored: StoredRoute | undefined): boolean {
  if (stored === undefined) return false;
  const { version: _, ...there } = stored;
  return isDeepStrictEqual(there, route);
}

/** Another database has none of them yet. */
function contentOf({ fixed, pair, database: { host, port, database } }: FixedConfig): unknown {
  return [pair, host, port, database, fixed];
}

export type FixedMetrics = Pick<Gauge, "set">;

export function openFixedMetrics(registry: Registry): FixedMetrics {
  return new Gauge({
    name: "hapair_routes_fixed_up",
    help: "1 once the routes of this node's config have been made",
    registers: [registry],
  });
}
