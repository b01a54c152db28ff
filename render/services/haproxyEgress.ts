import * as z from "zod";
import type { Egress, EgressGroup } from "../../topology/schema/egress.ts";
import { serversOf } from "../../topology/topology.ts";
import { agentBackend, egressBackend, egressMapFile } from "../paths.ts";
import { checkSteps } from "./haproxyCheck.ts";

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

/** What haproxy.cfg must know of a pair's egress. */
export const EgressView = z.strictObject({
  groups: z.array(Group),
  statsPort: z.union([z.literal(false), z.int()]),
  /** Where it listens. */
  agent: z.union([z.literal(false), z.strictObject({ backend: z.string(), port: z.int() })]),
});

/** Whoever has closed one direction of a tunnel does not wait an hour for the other. */
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
  // haproxy asks one; the second is for the agent, which can tell a dead site from a dead proxy.
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
