import { dirname } from "node:path";
import type { EgressConfig } from "../../contract/egressConfig.ts";
import type { RouteEvent } from "../../contract/routes/event.ts";
import type { RoutesConfig } from "../../contract/routesConfig.ts";
import type { Log } from "../daemon/log.ts";
import { runtimeClient } from "../haproxy/runtime.ts";
import { query } from "../host/network.ts";
import type { Audit } from "../routes/door/audit.ts";
import type { RouteNode } from "../routes/node.ts";
import type { RouteWriter } from "../routes/writer/write.ts";
import { databaseHealth } from "./database.ts";
import { healthHandlers } from "./healthHandlers.ts";
import { lookMs } from "./look.ts";
import { openMonitor } from "./monitor.ts";
import { isAnyPeerFit, openRecovery } from "./recovery.ts";

const haproxyConfig = "/etc/haproxy/haproxy.cfg";
const haproxyUnit = "haproxy.service";
/** Statistics of thousands of servers take longer than a look. */
const statsMs = 2000;
/** Longer than root's door takes. */
const actionMs = 18_000;

export interface HealthOptions {
  readonly config: Pick<RoutesConfig, "runtimeSocket" | "probe" | "proof">;
  readonly egress: Pick<EgressConfig, "actionSocket" | "peers" | "keepalivedEvents">;
  readonly node: RouteNode;
  readonly writer: RouteWriter;
  readonly audit: Audit;
  readonly log: Log;
}

export interface Health {
  readonly handlers: ReturnType<typeof healthHandlers>;
  /** Calls with each event of HAProxy's health; returns how to stop that. */
  subscribe(listener: (event: RouteEvent) => void): () => void;
  /** When its last look ended, on the monotonic clock, ms. */
  turnedAtMs(): number;
  /** Resolves when what was under way has ended. */
  stop(): Promise<void>;
}

/** Watches HAProxy on this node, has it restarted where it hangs, and answers how it is. */
export function openHealth({ config, egress, node, writer, audit, log }: HealthOptions): Health {
  const listeners = new Set<(event: RouteEvent) => void>();
  const runtime = runtimeClient(config.runtimeSocket, { timeoutMs: statsMs });
  const recovery = openRecovery(runtimeClient(egress.actionSocket, { timeoutMs: actionMs }));
  const monitor = openMonitor({
    looked: {
      runtime: runtimeClient(config.runtimeSocket, { timeoutMs: lookMs }),
      edge: config.probe,
      eventsFile: `${dirname(dirname(egress.keepalivedEvents))}/${haproxyUnit}/cgroup.events`,
    },
    runtime,
    recovery,
    peerIsFit: () => isAnyPeerFit(egress.peers),
    routesProblem: () => node.problem().haproxy,
    circuit: () => writer.circuit().state,
    configFile: haproxyConfig,
    tell: (event) => {
      for (const listener of listeners) listener(event);
    },
    log,
  });
  const database = config.proof && databaseHealth(config.proof, query);
  return {
    handlers: healthHandlers({
      node,
      writer,
      monitor,
      recovery,
      runtime,
      ...(database && { database }),
      audit,
    }),
    subscribe: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    turnedAtMs: monitor.turnedAtMs,
    stop: monitor.stop,
  };
}
