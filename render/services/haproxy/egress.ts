import * as z from "zod";
import type { Egress, EgressGroup } from "../../../topology/schema/egress.ts";
import { serversOf } from "../../../topology/topology.ts";
import { egressBackend, egressMapFile } from "../../paths.ts";
import { checkSteps } from "./check.ts";

const Group = z.strictObject({
  backend: z.string(),
  port: z.int(),
  mapFile: z.string(),
  target: z.string(),
  check: z.array(
    z.strictObject({
      send: z.string(),
      match: z.enum(["rbinary", "rstring"]),
      expect: z.string(),
      comment: z.string(),
    }),
  ),
  checkIntervalMs: z.int(),
  checkTimeoutMs: z.int(),
  checkFastIntervalMs: z.int(),
  fall: z.int(),
  closeSessions: z.boolean(),
  rise: z.int(),
  connectTimeoutMs: z.int(),
  maxConnections: z.int(),
  idleTimeoutS: z.int(),
  halfClosedS: z.int(),
  servers: z
    .array(z.strictObject({ name: z.string(), address: z.string(), port: z.int(), lastResort: z.boolean() }))
    .min(1),
});

/** What the template of haproxy.cfg takes of a pair's egress. */
export const EgressView = z.strictObject({
  groups: z.array(Group),
  statsPort: z.union([z.literal(false), z.int()]),
  /** The backend whose check shows whether the agent is up, and the port where the agent listens. */
  agent: z.union([z.literal(false), z.strictObject({ backend: z.string(), port: z.int() })]),
});

/** haproxy's backend with the agent as its one server. */
const agentBackend = "hapair";
/** Limit for a tunnel that is closed in one direction only, instead of its much longer idle timeout. */
const halfClosedS = 30;

export function egressView(egress: Egress | undefined): z.input<typeof EgressView> {
  return {
    groups: egress?.groups.map(groupView) ?? [],
    statsPort: egress?.statsPort ?? false,
    agent: egress ? { backend: agentBackend, port: egress.metricsPort } : false,
  };
}

function groupView(group: EgressGroup): z.input<typeof Group> {
  const { name, port, targets, check, maxConnections, connectTimeoutMs, idleTimeoutS } = group;
  // haproxy checks against the first target only. The agent uses both, to tell a dead site from a dead proxy.
  const [target = ""] = targets;
  return {
    backend: egressBackend(name),
    port,
    mapFile: egressMapFile(name),
    target,
    check: [...checkSteps(target)],
    checkIntervalMs: check.intervalMs,
    checkTimeoutMs: check.timeoutMs,
    checkFastIntervalMs: check.fastIntervalMs,
    fall: check.fall,
    closeSessions: check.closeSessions,
    rise: check.rise,
    connectTimeoutMs,
    maxConnections,
    idleTimeoutS,
    halfClosedS,
    servers: serversOf(group).map(({ warp, ...server }) => server),
  };
}
