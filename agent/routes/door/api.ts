import type { RouteEvent } from "../../../contract/routes/event.ts";
import type { RoutesConfig } from "../../../contract/routesConfig.ts";
import type { Log } from "../../daemon/log.ts";
import { type HealthOptions, openHealth } from "../../health/health.ts";
import type { HealthFigures, HealthMetrics } from "../../health/metrics.ts";
import type { Updater } from "../../updates/updater.ts";
import type { RouteNode } from "../node.ts";
import type { RouteWriter } from "../writer/write.ts";
import { openAudit } from "./audit.ts";
import { type Door, openDoor } from "./door.ts";
import type { DoorMetrics } from "./metrics.ts";
import { openApiDocument } from "./openapi.ts";
import { routeHandlers } from "./routeHandlers.ts";
import { updatesHandlers } from "./updatesHandlers.ts";

/** Calls the listener with each event; returns how to stop that. */
export type Subscribe = (listener: (event: RouteEvent) => void) => () => void;

export interface ApiOptions {
  readonly config: RoutesConfig;
  /** Of the egress config: root's door, and where the peers' agents answer. */
  readonly egress: HealthOptions["egress"];
  readonly node: RouteNode;
  readonly writer: RouteWriter;
  /** Events of other parts of the daemon. */
  readonly subscribe: Subscribe;
  readonly metrics: DoorMetrics;
  readonly healthMetrics: HealthMetrics;
  readonly log: Log;
  /** Absent where no service names nodes. */
  readonly updater?: Updater;
}

export interface Api {
  /** Clients that follow the events now. */
  listeners(): number;
  /** What metrics show of HAProxy. */
  health(): HealthFigures;
  /** When HAProxy was last looked at, on the monotonic clock, ms. */
  turnedAtMs(): number;
  /** Serves nobody from now on; resolves when what was under way has ended. */
  close(): Promise<void>;
}

/** All of the API on this node: routes and health. */
export function openApi(options: ApiOptions): Api {
  const { config, egress, node, writer, metrics, healthMetrics, log, updater } = options;
  const audit = openAudit(log);
  const health = openHealth({ config, egress, node, writer, audit, metrics: healthMetrics, log, updater });
  // Made when somebody asks for it: it takes some ms and 100 KB.
  let document: object | undefined;
  const subscribe: Subscribe = (listener) => {
    const stops = [
      node.onChange(listener),
      health.subscribe(listener),
      options.subscribe(listener),
      ...(updater ? [updater.subscribe(listener)] : []),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  };
  const openedDoor = () =>
    openDoor({
      config,
      handlers: {
        ...routeHandlers({ node, writer, audit, domains: config.domains }),
        ...health.handlers,
        ...updatesHandlers(updater, audit),
        openApi: () => {
          document ??= openApiDocument();
          return { body: document };
        },
      },
      subscribe,
      version: () => node.table().version,
      metrics,
      log,
    });
  let door: Door;
  try {
    door = openedDoor();
  } catch (error) {
    void health.stop();
    throw error;
  }
  return {
    listeners: door.listeners,
    health: health.shown,
    turnedAtMs: health.turnedAtMs,
    close: async () => {
      door.close();
      await health.stop();
    },
  };
}
