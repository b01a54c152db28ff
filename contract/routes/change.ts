import * as z from "zod";
import { AgentId, HostName, Route, StoredRoute } from "./route.ts";

/** Changes of routes, and what a caller is told about them. */

export const Change = z.discriminatedUnion("do", [
  z.strictObject({ do: z.literal("put"), route: Route }),
  z.strictObject({ do: z.literal("remove"), host: HostName, agent: AgentId }),
]);
export type Change = z.output<typeof Change>;
export type ChangeInput = z.input<typeof Change>;

/** Most changes of one transaction. */
const mostChanges = 1000;

/** One or many changes: all of them are made, or none. */
export const Transaction = z.strictObject({
  changes: z.array(Change).min(1).max(mostChanges),
  /** The table's version that the caller has read: where another one has changed it since, nothing is made. */
  ifVersion: z.optional(z.int().min(0)),
  /** Whether each new target has to accept a connection through HAProxy before it is served, and once more afterwards. */
  probe: z.boolean().default(false),
  /** Answers what would change, and changes nothing. */
  dryRun: z.boolean().default(false),
});
export type Transaction = z.output<typeof Transaction>;
export type TransactionInput = z.input<typeof Transaction>;

/** One line of what a transaction changes: absent is the side where the route is not there. */
export const Difference = z.strictObject({
  host: HostName,
  before: z.optional(StoredRoute),
  after: z.optional(Route),
});
export type Difference = z.output<typeof Difference>;

export const TransactionResult = z.strictObject({
  /** The table's version after it; of a dry run, the one now. */
  version: z.int().min(0),
  /** Names of the nodes where it is on disk and served; empty for a dry run. */
  appliedOn: z.array(z.string()),
  /** Names of the nodes that have not answered in time: they catch up by themselves. */
  pendingOn: z.array(z.string()),
  changes: z.array(Difference),
});
export type TransactionResult = z.output<typeof TransactionResult>;

export const RouteList = z.strictObject({ version: z.int().min(0), routes: z.array(StoredRoute) });
export type RouteList = z.output<typeof RouteList>;
