/**
 * What the API takes and answers. The daemon checks it by zod schemas, which a program that only asks should not need: a
 * test holds these types to be the same.
 */

export interface RouteOptions {
  /** The target is silent for this long after a request: 504. Default 30,000. */
  responseTimeoutMs: number;
  /** A WebSocket or another tunnel is silent for this long: it is closed. Default an hour. */
  tunnelTimeoutMs: number;
  /** Requests at once on each node; further ones get 503. Default 0: no limit. */
  maxConnections: number;
  /** Whether a request may become a WebSocket. Default true. */
  websocket: boolean;
  /** `Host` that the target sees. Default: the client's. */
  hostHeader?: string | undefined;
  /** Name in the target's certificate, for https. Default: the host of the target. */
  serverName?: string | undefined;
  /** Whether the target's certificate is checked, for https. Default true. */
  verify: boolean;
  /** So many failed answers within ten seconds open the route's circuit: 503. Default 50; 0: never. */
  breakerFailures: number;
  /** HAProxy asks each target for the path, and takes one out that fails. Default: no checks. */
  check?: TargetCheck | undefined;
  /** So many requests beyond `maxConnections` wait for a place. Default: they get 503 at once. */
  queue?: number | undefined;
  /** So often a request is sent to the target again, 0 to 3. Default 1; with several targets always 3. */
  retries?: number | undefined;
  /** What it is sent again after. Default `conn-failure`; with several targets `empty-response`. */
  retryOn?: "conn-failure" | "empty-response" | "all-retryable-errors" | undefined;
  /** Headers of requests to the target: set in place of the client's, or removed (null). */
  requestHeaders?: Record<string, string | null> | undefined;
  /** The same of the target's answers to clients. */
  responseHeaders?: Record<string, string | null> | undefined;
}

export interface TargetCheck {
  /** Answers 2xx or 3xx while the target is fit. */
  path: string;
  /** Time between two checks of a target. Default 2000. */
  intervalMs: number;
  /** So many failed checks take a target out. Default 3. */
  fall: number;
  /** So many good checks take it in again. Default 2. */
  rise: number;
}

export interface WeightedTarget {
  /** As `target` of a route. */
  url: string;
  /** Its share of the requests, up to 256. Default 1; 0: no new ones. */
  weight: number;
}

export interface Route {
  /** The full name, or one label of the pair's first domain. */
  host: string;
  /** Who owns it: another agent cannot change it. */
  agent: string;
  /** `http` or `https`, a host and an optional port. */
  target?: string | undefined;
  /** Several targets, in place of `target`. */
  targets?: WeightedTarget[] | undefined;
  options: RouteOptions;
}

/** A route as a caller writes it, with the options that it wants. */
export interface RouteInput {
  host: string;
  agent: string;
  target?: string | undefined;
  targets?: WeightedTargetInput[] | undefined;
  options?:
    | {
        [Key in keyof RouteOptions]?:
          | (Key extends "check" ? TargetCheckInput : RouteOptions[Key])
          | undefined;
      }
    | undefined;
}

/** A check as a caller writes it. */
export interface TargetCheckInput {
  path: string;
  intervalMs?: number | undefined;
  fall?: number | undefined;
  rise?: number | undefined;
}

/** A target of several as a caller writes it. */
export interface WeightedTargetInput {
  url: string;
  weight?: number | undefined;
}

export interface StoredRoute extends Route {
  /** Number of the change that made it what it is. */
  version: number;
}

export type Change = { do: "put"; route: RouteInput } | { do: "remove"; host: string; agent: string };

/** What a transaction changes of one host. */
export interface Difference {
  host: string;
  /** Absent where there was no route. */
  before?: StoredRoute | undefined;
  /** Absent where there is none any more. */
  after?: Route | undefined;
}

export interface TransactionResult {
  /** The table's version after it; of a dry run, the one now. */
  version: number;
  /** Nodes where it is on disk and served. */
  appliedOn: string[];
  /** Nodes that have not answered in time: they catch up by themselves. */
  pendingOn: string[];
  changes: Difference[];
}

export interface RouteList {
  version: number;
  routes: StoredRoute[];
}

type Status = "healthy" | "degraded" | "unhealthy";

export interface SystemHealth {
  status: Status;
  timestamp: string;
  /** The node that answers. */
  node: string;
  services: {
    haproxy: {
      status: "HEALTHY" | "DEGRADED" | "UNHEALTHY";
      circuitState: "CLOSED" | "OPEN" | "HALF_OPEN";
      lastCheck: string | null;
      problem: string | null;
      metrics: {
        routeCount: number;
        connections: { current: number; total: number; limit: number } | null;
      };
    };
    routes: { status: Status; version: number; problem: string | null };
    updates?: UpdatesHealth;
  };
}

/** The part of a node that keeps a route's targets what a service says; docs/updates.md has its states. */
export interface UpdatesHealth {
  status: "healthy" | "degraded";
  state:
    | "Starting"
    | "LoadingConfig"
    | "FetchingNodes"
    | "HealthChecks"
    | "Ready"
    | "Reloading"
    | "Routing"
    | "Error";
  host: string;
  nodes: number | null;
  unanswered: number;
  lastSuccess: string | null;
  doubt: { seen: number; needed: number } | null;
  problem: string | null;
}

/** The API's own codes; its reference says what each means. */
export type ProblemCode =
  | "bad-request"
  | "bad-token"
  | "bad-role"
  | "forbidden-target"
  | "not-found"
  | "bad-method"
  | "no-peer"
  | "taken"
  | "no-backend"
  | "changed"
  | "too-large"
  | "probe-failed"
  | "too-many"
  | "refused"
  | "internal"
  | "unavailable"
  | "circuit-open"
  | "not-everywhere"
  | "timeout";
