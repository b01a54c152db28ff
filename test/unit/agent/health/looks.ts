import type { Look } from "../../../../agent/health/look.ts";

/** What a look at HAProxy may find. */

const facts = {
  ...{ pid: 1, version: "3.0.11", uptimeS: 1, connections: 0, maxConnections: 1 },
  ...{ totalConnections: 0, totalRequests: 0, connectionRate: 0 },
};
export const good: Look = {
  ...{ at: new Date(0), unit: true, process: true, facts, responseMs: 2 },
  ...{ apiProblem: null, edgeProblem: null },
};
export const silentApi: Look = { ...good, facts: null, apiProblem: "no answer" };
export const silentEdge: Look = { ...good, edgeProblem: "no answer" };
export const silent: Look = { ...silentApi, edgeProblem: "no answer" };
export const gone: Look = { ...silentApi, edgeProblem: "refused", process: false };
