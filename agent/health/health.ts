import { join } from "node:path";
import type { EgressConfig } from "../../contract/egressConfig.ts";
import type { RouteEvent } from "../../contract/routes/event.ts";
import type { RoutesConfig } from "../../contract/routesConfig.ts";
import type { Log } from "../daemon/log.ts";
import { runtimeClient } from "../haproxy/runtime.ts";
import { query } from "../host/network.ts";
import type { Audit } from "../routes/door/audit.ts";
import type { RouteNode } from "../routes/node.ts";
import type { RouteWriter } from "../routes/writer/write.ts";
import type { Updater } from "../updates/updater.ts";
import { databaseHealth } from "./database.ts";
import { openHealing } from "./healing.ts";
import { healthHandlers } from "./healthHandlers.ts";
import { lookMs } from "./look.ts";
import type { HealthFigures, HealthMetrics } from "./metrics.ts";
import { openMonitor } from "./monitor.ts";
import { isAnyPeerFit, openRecovery } from "./recovery.ts";
import { haproxyGroup } from "./root/hang.ts";

const haproxyConfig = "/etc/haproxy/haproxy.cfg";
/** Statistics of thousands of servers take longer than a look. */
const statsMs = 2000;
/** Longer than root's door takes. */
const actionMs = 18_000;

export interface HealthOptions {
  readonly config: Pick<RoutesConfig, "runtimeSocket" | "probe" | "proof">;
  readonly egress: Pick<
    EgressConfig,
    "actionSocket" | "peers" | "keepalivedEvents" | "haproxyTrackFile" | "virtualAddress"
  >;
  readonly node: RouteNode;
  readonly writer: RouteWriter;
  readonly audit: Audit;
  readonly metrics: HealthMetrics;
  readonly log: Log;
  /** Absent where no service names nodes. */
  readonly updater?: Pick<Updater, "shown"> | undefined;
}

export interface Health {
  readonly handlers: ReturnType<typeof healthHandlers>;
  /** Calls with each event of HAProxy's health; returns how to stop that. */
  subscribe(listener: (event: RouteEvent) => void): () => void;
  /** What metrics show. */
  shown(): HealthFigures;
  /** When its last look ended, on the monotonic clock, ms. */
  turnedAtMs(): number;
  /** Resolves when what was under way has ended. */
  stop(): Promise<void>;
}

/** Watches HAProxy on this node, has it restarted where it hangs, and answers how it is. */
export function openHealth(options: HealthOptions): Health {
  const { config, egress, node, writer, audit, metrics, log, updater } = options;
  const listeners = new Set<(event: RouteEvent) => void>();
  const tell = (event: RouteEvent): void => {
    for (const listener of listeners) listener(event);
  };
  const runtime = runtimeClient(config.runtimeSocket, { timeoutMs: statsMs });
  const recovery = openRecovery(runtimeClient(egress.actionSocket, { timeoutMs: actionMs }));
  const { haproxyTrackFile: trackFile, virtualAddress } = egress;
  const peerIsFit = () => isAnyPeerFit(egress.peers);
  const healing = openHealing({ recovery, peerIsFit, trackFile, virtualAddress, metrics, tell, log });
  const monitor = openMonitor({
    looked: {
      runtime: runtimeClient(config.runtimeSocket, { timeoutMs: lookMs }),
      edge: config.probe,
      eventsFile: join(haproxyGroup(egress.keepalivedEvents), "cgroup.events"),
    },
    runtime,
    recovery,
    healing,
    routesProblem: () => node.problem().haproxy,
    circuit: () => writer.circuit().state,
    configFile: haproxyConfig,
    tell,
    log,
  });
  const database = config.proof && databaseHealth(config.proof, query);
  return {
    handlers: healthHandlers({
      node,
      writer,
      monitor,
      healing,
      recovery,
      runtime,
      virtualAddress,
      ...(database && { database }),
      ...(updater && { updates: updater.shown }),
      audit,
    }),
    subscribe: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    shown: monitor.shown,
    turnedAtMs: monitor.turnedAtMs,
    stop: monitor.stop,
  };
}
