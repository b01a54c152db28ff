import type { DatabaseHealth } from "../../contract/health.ts";
import type { RuntimeClient } from "../haproxy/runtime.ts";
import { statLines } from "../haproxy/stats.ts";
import type { Audit } from "../routes/door/audit.ts";
import type { Handlers } from "../routes/door/handlers.ts";
import type { RouteNode } from "../routes/node.ts";
import { RouteProblem } from "../routes/problem.ts";
import type { RouteWriter } from "../routes/writer/write.ts";
import type { Figures } from "./figures.ts";
import type { Monitor } from "./monitor.ts";
import type { Recovery } from "./recovery.ts";

interface Behind {
  readonly node: RouteNode;
  readonly writer: RouteWriter;
  readonly monitor: Monitor;
  readonly recovery: Recovery;
  readonly runtime: RuntimeClient;
  /** Absent where the pair has no pool. */
  readonly database?: () => Promise<DatabaseHealth>;
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
  const { node, writer, monitor, recovery, runtime, database, audit } = behind;
  const timestamp = () => new Date().toISOString();

  return {
    systemHealth: async () => {
      const last = monitor.last();
      const figures = await monitor.figures();
      const { version, routes } = node.table();
      const { store } = node.problem();
      const state = last?.verdict.state ?? "UNHEALTHY";
      const isGood = state === "HEALTHY" && store === null;
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
      try {
        await monitor.restart();
      } catch (error) {
        audit.action("restart of haproxy", origin, error instanceof RouteProblem ? error.code : "internal");
        throw error;
      }
      audit.action("restart of haproxy", origin, "done");
      return {
        body: { success: true, message: "HAProxy service recovered successfully", action: "restart" },
      };
    },
  };
}

function withoutRate({ rate: _, ...connections }: Figures["connections"]) {
  return connections;
}
