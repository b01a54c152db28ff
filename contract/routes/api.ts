import * as z from "zod";
import {
  DatabaseHealth,
  HaproxyHealth,
  HaproxyRecovery,
  HaproxyStats,
  HaproxyValidation,
  SystemHealth,
} from "../health.ts";
import type { TokenRole } from "../routesConfig.ts";
import { UpdatesHealth } from "../updates/state.ts";
import { Change, RouteList, Transaction, TransactionResult } from "./change.ts";
import type { ProblemCode } from "./problem.ts";
import { AgentId, HostName, Route, RouteBody, StoredRoute } from "./route.ts";

/** The REST API, one line an endpoint: the door serves it, the OpenAPI document and the reference are made of it. */

/** A parameter of a request; each is a string on the wire. */
interface Parameter {
  readonly schema: z.ZodType;
  readonly about: string;
  readonly isRequired?: true;
}

export interface Endpoint {
  readonly method: "GET" | "PUT" | "POST" | "DELETE";
  /** Segments in braces are parameters. */
  readonly path: string;
  /** What the token must be allowed to do; null where none is needed. */
  readonly role: TokenRole | null;
  /** Beside the token, the header `x-admin-key` has the stack's admin key. */
  readonly needsAdminKey?: true;
  readonly about: string;
  readonly parameters?: Readonly<Record<string, Parameter>>;
  readonly query?: Readonly<Record<string, Parameter>>;
  /** In lower case. */
  readonly headers?: Readonly<Record<string, Parameter>>;
  readonly body?: z.ZodType;
  /** Absent for a stream and for the OpenAPI document. */
  readonly answer?: z.ZodType;
  readonly answerType?: "text/event-stream";
  /** The answer has the table's version as its ETag. */
  readonly hasVersion?: true;
  /** A whole answer whose status is 503: it says what is wrong. */
  readonly answersUnhealthy?: true;
  /** Through the virtual address the answer has status 202 and comes before the work, which moves that address. */
  readonly answersBefore?: true;
  /** Beside those that every endpoint has. */
  readonly problems: readonly ProblemCode[];
}

/** On the wire; the door reads the boolean. */
const Flag = z.enum(["true", "false"]);

const host = {
  schema: HostName,
  about: "Host name; one without a dot is a label of the pair's first domain",
};
const ifMatch = {
  schema: z.string().regex(/^"(?:0|[1-9][0-9]{0,14})"$/, 'expected the ETag of an answer, such as "7"'),
  about: "ETag of the routes that the caller has read: where they have changed since, nothing is made",
};
const idempotencyKey = {
  schema: z.string().regex(/^[\x21-\x7e]{1,128}$/, "expected 1 to 128 printable characters without spaces"),
  about: "A request that is sent again with the same key within a day is made once",
};
const dryRun = { schema: Flag, about: "`true`: answers what would change, and changes nothing" };
const probe = {
  schema: Flag,
  about:
    "`true`: the target has to accept a connection through HAProxy before it is served, and once more afterwards",
};
const changing: readonly ProblemCode[] = [
  "bad-request",
  "too-large",
  "changed",
  "taken",
  "refused",
  "circuit-open",
  "unavailable",
  "not-everywhere",
  "timeout",
];

export const endpoints = {
  listRoutes: {
    method: "GET",
    path: "/api/routes",
    role: "read",
    about: "The routes that this node serves, by host",
    query: { agent: { schema: AgentId, about: "Only those of this agent" } },
    answer: RouteList,
    hasVersion: true,
    problems: ["bad-request"],
  },
  showRoute: {
    method: "GET",
    path: "/api/routes/{host}",
    role: "read",
    about: "One route",
    parameters: { host },
    answer: StoredRoute,
    hasVersion: true,
    problems: ["bad-request", "not-found"],
  },
  putRoute: {
    method: "PUT",
    path: "/api/routes/{host}",
    role: "routes",
    about: "Adds a route, or replaces the one that the same agent has",
    parameters: { host },
    query: { probe, dryRun },
    headers: { "idempotency-key": idempotencyKey, "if-match": ifMatch },
    body: RouteBody,
    answer: TransactionResult,
    hasVersion: true,
    problems: [...changing, "no-backend", "forbidden-target", "probe-failed"],
  },
  removeRoute: {
    method: "DELETE",
    path: "/api/routes/{host}",
    role: "routes",
    about: "Removes a route; requests that run end as they would",
    parameters: { host },
    query: { agent: { schema: AgentId, about: "Who owns it", isRequired: true }, dryRun },
    headers: { "idempotency-key": idempotencyKey, "if-match": ifMatch },
    answer: TransactionResult,
    hasVersion: true,
    problems: [...changing, "not-found"],
  },
  transact: {
    method: "POST",
    path: "/api/transactions",
    role: "routes",
    about: "Makes all of up to 1,000 changes, or none",
    headers: { "idempotency-key": idempotencyKey, "if-match": ifMatch },
    body: Transaction,
    answer: TransactionResult,
    hasVersion: true,
    problems: [...changing, "not-found", "no-backend", "forbidden-target", "probe-failed"],
  },
  confirmNodes: {
    method: "POST",
    path: "/api/updates/confirm",
    role: "routes",
    about:
      "Has this node follow the list of its updates service that is in doubt, as it is empty or has half of the nodes or fewer",
    answer: UpdatesHealth,
    problems: ["not-found"],
  },
  events: {
    method: "GET",
    path: "/api/events",
    role: "read",
    about:
      "What changes on this node, as server-sent events; a comment every 10 s shows that the stream lives",
    answerType: "text/event-stream",
    problems: [],
  },
  systemHealth: {
    method: "GET",
    path: "/api/health/system",
    role: null,
    about: "Whether this node serves; status 503 where it does not",
    answer: SystemHealth,
    answersUnhealthy: true,
    problems: [],
  },
  haproxyHealth: {
    method: "GET",
    path: "/api/health/haproxy",
    role: null,
    about: "HAProxy on this node: its last check, figures and servers; status 503 where it does not serve",
    answer: HaproxyHealth,
    answersUnhealthy: true,
    problems: [],
  },
  databaseHealth: {
    method: "GET",
    path: "/api/health/db",
    role: null,
    about: "Whether a query gets through the virtual address; status 503 where it does not",
    answer: DatabaseHealth,
    answersUnhealthy: true,
    problems: ["not-found"],
  },
  haproxyStats: {
    method: "GET",
    path: "/api/health/haproxy/stats",
    role: "admin",
    about: "HAProxy's statistics: frontends, backends and servers",
    answer: HaproxyStats,
    problems: ["timeout"],
  },
  validateHaproxy: {
    method: "GET",
    path: "/api/health/haproxy/validate",
    role: "admin",
    about: "Has HAProxy check its configuration, and compares it with the one that was delivered",
    answer: HaproxyValidation,
    problems: ["timeout"],
  },
  recoverHaproxy: {
    method: "POST",
    path: "/api/health/haproxy/recover",
    role: "admin",
    about:
      "Restarts HAProxy on this node; one that serves, only while another node could serve. Through the virtual address the answer has status 202 and comes before the restart",
    needsAdminKey: true,
    answersBefore: true,
    answer: HaproxyRecovery,
    problems: ["no-peer", "refused", "timeout"],
  },
  openApi: {
    method: "GET",
    path: "/api/openapi.json",
    role: null,
    about: "This API as an OpenAPI document",
    problems: [],
  },
} as const satisfies Readonly<Record<string, Endpoint>>;

export type EndpointName = keyof typeof endpoints;

/** Schemas that have a name of their own in the OpenAPI document. */
export const namedSchemas = {
  Change,
  DatabaseHealth,
  HaproxyHealth,
  HaproxyRecovery,
  HaproxyStats,
  HaproxyValidation,
  Route,
  RouteBody,
  RouteList,
  StoredRoute,
  SystemHealth,
  Transaction,
  TransactionResult,
  UpdatesHealth,
} as const satisfies Readonly<Record<string, z.ZodType>>;
