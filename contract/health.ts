import * as z from "zod";
import { UpdatesHealth } from "./updates/state.ts";

/** What `/api/health/…` answers. */

const Time = z.iso.datetime();

export const haproxyStates = ["HEALTHY", "DEGRADED", "UNHEALTHY"] as const;
export const HaproxyState = z.enum(haproxyStates);
export type HaproxyState = z.output<typeof HaproxyState>;

const CircuitState = z.enum(["CLOSED", "OPEN", "HALF_OPEN"]);

/** `degraded`: requests are served, and something is wrong; `unhealthy`: they are not. */
const Status = z.enum(["healthy", "degraded", "unhealthy"]);

const Connections = z.object({
  current: z.number(),
  /** Since the process started. */
  total: z.number(),
  /** Most at once. */
  limit: z.number(),
});

export const SystemHealth = z.object({
  status: Status,
  timestamp: Time,
  /** The node that answers. */
  node: z.string(),
  services: z.object({
    haproxy: z.object({
      status: HaproxyState,
      circuitState: CircuitState,
      /** Null before the first check. */
      lastCheck: z.nullable(Time),
      /** Why the status is not HEALTHY; null where it is. */
      problem: z.nullable(z.string()),
      metrics: z.object({ routeCount: z.int(), connections: z.nullable(Connections) }),
    }),
    routes: z.object({
      status: Status,
      /** Number of the last change that this node serves. */
      version: z.int(),
      /** Why the database of the routes cannot be reached; null where it can. */
      problem: z.nullable(z.string()),
    }),
    /** Present where a service names the nodes of a route. */
    updates: z.exactOptional(UpdatesHealth),
  }),
});
export type SystemHealth = z.output<typeof SystemHealth>;

const ServerState = z.object({ status: z.string(), errors: z.number(), connections: z.number() });

const Check = z.object({
  timestamp: Time,
  status: HaproxyState,
  details: z.object({
    /** Whether systemd runs the unit `haproxy.service`. */
    containerRunning: z.boolean(),
    /** Whether it has a process. */
    processRunning: z.boolean(),
    /** Whether the Runtime API answers. */
    apiConnected: z.boolean(),
    /** Whether the edge answers a request. */
    serving: z.boolean(),
    /** Whether HAProxy accepts its configuration and it is the one that was delivered; null until it is known. */
    configValid: z.nullable(z.boolean()),
    /** Of the Runtime API, ms; null where it does not answer. */
    responseTime: z.nullable(z.number()),
  }),
});
export type Check = z.output<typeof Check>;

/** `spared`: root found that HAProxy does not hang; `too-many`: the budget of restarts is spent. */
export const recoveryResults = ["made", "spared", "too-many", "refused"] as const;

const LastRecovery = z.object({
  at: Time,
  result: z.enum(recoveryResults),
  /** Why it was not restarted; null where it was. */
  problem: z.nullable(z.string()),
});
export type LastRecovery = z.output<typeof LastRecovery>;

export const HaproxyHealth = z.object({
  success: z.literal(true),
  health: z.object({
    timestamp: Time,
    status: HaproxyState,
    circuitState: CircuitState,
    /** Null where the Runtime API does not answer. */
    metrics: z.nullable(
      z.object({
        connections: z.object({ ...Connections.shape, rate: z.number() }),
        requests: z.object({ total: z.number(), rate: z.number() }),
        /** Answers of 5xx, and requests, connections and answers that failed; the rate is a second's. */
        errors: z.object({ total: z.number(), rate: z.number() }),
        /** By `backend/server`. */
        serverStates: z.record(z.string(), ServerState),
        /** s */
        uptime: z.number(),
        version: z.string(),
      }),
    ),
    /** Null before the first check. */
    lastCheck: z.nullable(Check),
    /** Why the status is not HEALTHY; null where it is. */
    problem: z.nullable(z.string()),
    routeCount: z.int(),
    /** Failed checks one after another, until now. */
    failureCount: z.int(),
    /** Restarts that were tried since the agent started. */
    recoveryAttempts: z.int(),
    /** How the last one ended; null where there was none. */
    lastRecovery: z.nullable(LastRecovery),
    /** Whether this node leaves the virtual address to the others because its HAProxy hangs. */
    addressGivenUp: z.boolean(),
    circuitDetails: z.object({
      failureCount: z.int(),
      failureThreshold: z.int(),
      lastStateChange: Time,
      lastFailure: z.nullable(z.string()),
    }),
  }),
});
export type HaproxyHealth = z.output<typeof HaproxyHealth>;

/** The answer to a query through the virtual address. */
export const DatabaseHealth = z.object({
  status: z.enum(["healthy", "unhealthy"]),
  timestamp: Time,
  /** Of connection, login and query, ms; null where there was no answer. */
  responseTime: z.nullable(z.number()),
  /** Why there was none; null where there was one. */
  problem: z.nullable(z.string()),
});
export type DatabaseHealth = z.output<typeof DatabaseHealth>;

/** A line of `show stat` (HAProxy's management guide, 9.1), by its fields' names. */
const StatLine = z.record(z.string(), z.union([z.string(), z.number()]));

export const HaproxyStats = z.object({
  success: z.literal(true),
  stats: z.object({
    timestamp: Time,
    frontends: z.array(StatLine),
    backends: z.array(StatLine),
    servers: z.array(StatLine),
  }),
});
export type HaproxyStats = z.output<typeof HaproxyStats>;

export const HaproxyValidation = z.object({
  success: z.literal(true),
  valid: z.boolean(),
  /** What HAProxy says of it, or how it differs from what was delivered. */
  message: z.string(),
});
export type HaproxyValidation = z.output<typeof HaproxyValidation>;

export const HaproxyRecovery = z.object({
  success: z.literal(true),
  message: z.string(),
  /** The node whose HAProxy is restarted: through the virtual address the next answer may be another's. */
  node: z.string(),
  action: z.literal("restart"),
});
export type HaproxyRecovery = z.output<typeof HaproxyRecovery>;
