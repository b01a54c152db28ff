import * as z from "zod";
import { Route, StoredRoute } from "../../../contract/routes/route.ts";

/** What the database's own functions answer. A version is far below 2^53. */

export const Version = z.int().min(0);

/** The store has another history than the node. */
const OtherHistory = z.object({ standing: z.literal("other"), version: Version });

export const NumberedChange = z.object({
  version: Version,
  transaction: Version,
  mark: z.string(),
  host: z.string(),
  route: z.nullable(Route),
});

export const ReadAnswer = z.discriminatedUnion("standing", [
  z.object({ standing: z.literal("same"), version: Version, changes: z.array(NumberedChange) }),
  z.object({
    standing: z.literal("stale"),
    version: Version,
    mark: z.string(),
    routes: z.array(StoredRoute),
  }),
  OtherHistory,
]);
export type ReadAnswer = z.output<typeof ReadAnswer>;

const Committed = z.object({ version: Version, before: z.array(z.nullable(StoredRoute)) });
const Refused = z.object({
  refused: z.enum(["taken", "changed", "not-found", "reused"]),
  host: z.optional(z.string()),
  version: z.optional(Version),
});
export type Refused = z.output<typeof Refused>;

export const CommitAnswer = z.discriminatedUnion("standing", [
  z.object({ standing: z.literal("same"), answers: z.array(z.union([Committed, Refused])) }),
  OtherHistory,
]);
export type CommitAnswer = z.output<typeof CommitAnswer>;
