import * as z from "zod";

/** The life of an updater, in the order of a round; `Error` is left by a retry. */
export const updateStates = [
  "Starting",
  "LoadingConfig",
  "FetchingNodes",
  "HealthChecks",
  "Ready",
  "Reloading",
  "Routing",
  "Error",
] as const;
export const UpdateState = z.enum(updateStates);
export type UpdateState = z.output<typeof UpdateState>;

/** Why a round failed, each with its words for people. */
export const updateFailures = {
  unreachable: "the service cannot be reached",
  timeout: "the service does not answer in time",
  "too-large": "the answer is too large",
  unauthorized: "the service does not take the key",
  redirect: "the service answers with a redirect, which is not followed",
  status: "the service answers with an error",
  "not-json": "the answer is no JSON",
  "bad-list": "the answer is no list of nodes",
  "forbidden-target": "the list has a node that routes must not lead to",
  empty: "the list is empty",
  halved: "the list has half of the nodes or fewer",
  "no-answer": "no node of the list accepts a connection",
  superseded: "this node's config is older than the route",
  routes: "the route cannot be changed",
} as const;
export type UpdateFailure = keyof typeof updateFailures;
export const updateFailureNames = Object.keys(updateFailures) as readonly UpdateFailure[];

/** The updater of the node that answers. */
export const UpdatesHealth = z.object({
  /** `degraded`: the last round failed, and the route has the nodes of before. */
  status: z.enum(["healthy", "degraded"]),
  state: UpdateState,
  /** The route that it keeps. */
  host: z.string(),
  /** Nodes of the last list that was well formed; null before the first one. */
  nodes: z.nullable(z.int()),
  /** Nodes of that list that are not in the route yet, as they accept no connection. */
  unanswered: z.int(),
  /** When the route was last what the service says. */
  lastSuccess: z.nullable(z.iso.datetime()),
  /** Present while a list is in doubt: how often it has come, and how often it has to. */
  doubt: z.nullable(z.object({ seen: z.int(), needed: z.int() })),
  /** Why the last round failed; null where it did not. */
  problem: z.nullable(z.string()),
});
export type UpdatesHealth = z.output<typeof UpdatesHealth>;
