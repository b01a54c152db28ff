import type { DatabaseHealth } from "../../contract/health.ts";
import type { UpdatesHealth } from "../../contract/updates/state.ts";
import type { RuntimeClient } from "../haproxy/runtime.ts";
import { statLines } from "../haproxy/stats.ts";
import type { Audit } from "../routes/door/audit.ts";
import type { Handlers } from "../routes/door/handlers.ts";
import type { RouteNode } from "../routes/node.ts";
import { RouteProblem } from "../routes/problem.ts";
import type { RouteWriter } from "../routes/writer/write.ts";
import type { Figures } from "./figures.ts";
import type { Healing } from "./healing.ts";
import type { Monitor } from "./monitor.ts";
import type { Recovery } from "./recovery.ts";

interface Behind {
  readonly node: RouteNode;
  readonly writer: RouteWriter;
  readonly monitor: Monitor;
  readonly healing: Healing;
  readonly recovery: Recovery;
  readonly runtime: RuntimeClient;
  readonly virtualAddress: string;
  /** Absent where the pair has no pool. */
  readonly database?: () => Promise<DatabaseHealth>;
  /** Absent where no service names nodes. */
  readonly updates?: () => UpdatesHealth;
  readonly audit: Audit;
}

type Served =
  | "systemHealth"
  | "haproxyHealth"
  | "databaseHealth"
  | "haproxyStats"
  | "validateHaproxy"
  | "recoverHaproxy";

export function healthHandlers(behind: Behind): Pick<Handlers, Served> {
  const { node, writer, monitor, healing, recovery, runtime, virtualAddress, database, updates, audit } =
    behind;
  const timestamp = () => new Date().toISOString();

  return {
    systemHealth: async () => {
      const last = monitor.last();
      const figures = await monitor.figures();
      const { version, routes } = node.table();
      const { store } = node.problem();
      const state = last?.verdict.state ?? "UNHEALTHY";
      const nodes = updates?.();
      const isGood = state === "HEALTHY" && store === null && nodes?.status !== "degraded";
      const status = state === "UNHEALTHY" ? "unhealthy" : isGood ? "healthy" : "degraded";
      return {
        status: status === "unhealthy" ? 503 : 200,
        body: {
          status,
          timestamp: timestamp(),
          node: node.name,
          services: {
            haproxy: {
              status: state,
              circuitState: writer.circuit().state,
              lastCheck: last?.check.timestamp ?? null,
              problem: last === null ? "not looked at yet" : last.verdict.problem,
              metrics: { routeCount: routes.size, connections: figures && withoutRate(figures.connections) },
            },
            routes: { status: store === null ? "healthy" : "degraded", version, problem: store },
            ...(nodes && { updates: nodes }),
          },
        },
      };
    },
    haproxyHealth: async () => {
      const last = monitor.last();
      const metrics = await monitor.figures();
      const { state: circuitState, ...circuitDetails } = writer.circuit();
      const state = last?.verdict.state ?? "UNHEALTHY";
      return {
        status: state === "UNHEALTHY" ? 503 : 200,
        body: {
          success: true,
          health: {
            timestamp: timestamp(),
            status: state,
            circuitState,
            metrics,
            lastCheck: last?.check ?? null,
            problem: last === null ? "not looked at yet" : last.verdict.problem,
            routeCount: node.table().routes.size,
            failureCount: monitor.failures(),
            recoveryAttempts: recovery.attempts(),
            lastRecovery: healing.last(),
            addressGivenUp: healing.hasGivenUp(),
            circuitDetails,
          },
        },
      };
    },
    databaseHealth: async () => {
      if (database === undefined)
        throw new RouteProblem(
          "not-found",
          "There is no database behind this pair's address to which hapair has a login of its own.",
        );
      const body = await database();
      return { status: body.status === "healthy" ? 200 : 503, body };
    },
    haproxyStats: async () => {
      const lines = await runtime.ask("show stat").then(statLines, (error: Error) => {
        throw new RouteProblem("timeout", `HAProxy does not answer: ${error.message}`);
      });
      const { frontends, backends, servers } = lines;
      return {
        body: {
          success: true,
          stats: {
            timestamp: timestamp(),
            frontends: [...frontends],
            backends: [...backends],
            servers: [...servers],
          },
        },
      };
    },
    validateHaproxy: async () => {
      const problem = await recovery.configProblem();
      const message = problem ?? "HAProxy configuration is valid";
      return { body: { success: true, valid: problem === null, message } };
    },
    recoverHaproxy: async ({ origin }) => {
      const told = (message: string) =>
        ({ success: true, message, node: node.name, action: "restart" }) as const;
      const restart = async (): Promise<void> => {
        const result = await codeOf(healing.restart);
        audit.action("restart of haproxy", origin, result.code);
        if (result.problem !== undefined) throw result.problem;
      };
      const refusal = await codeOf(healing.permit);
      if (refusal.problem !== undefined) {
        audit.action("restart of haproxy", origin, refusal.code);
        throw refusal.problem;
      }
      if (origin.to !== virtualAddress) {
        await restart();
        return { body: told("HAProxy service recovered successfully") };
      }
      // The address leaves this node while HAProxy is restarted, and this connection ends with that.
      const where = "lastRecovery of /api/health/haproxy at the node's own address";
      return {
        status: 202,
        body: told(`HAProxy on ${node.name} is being restarted: see ${where}`),
        afterwards: () => {
          // It is in the journal, in the events and in the health.
          restart().catch(() => {});
        },
      };
    },
  };
}

/** How something that may reject with a RouteProblem has ended. */
async function codeOf(
  work: () => Promise<void>,
): Promise<{ readonly code: string; readonly problem?: unknown }> {
  try {
    await work();
    return { code: "done" };
  } catch (problem) {
    return { code: problem instanceof RouteProblem ? problem.code : "internal", problem };
  }
}

function withoutRate({ rate: _, ...connections }: Figures["connections"]) {
  return connections;
}
