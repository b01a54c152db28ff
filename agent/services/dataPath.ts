import { queryProblem } from "../host/network.ts";
import type { SqlLogin, System } from "../host/system.ts";

/**
 * The result of a client's query on each way of this host that leads to a database; `not asked` where none does. Of
 * several ways that let none through, the one on which it gets least far.
 */
export type DataPath = "answers" | "not asked" | BrokenPath;

interface BrokenPath {
  /** What the query goes through, for a sentence. */
  readonly through: string;
  readonly fails: string;
  readonly port: "main" | "sessions";
  /** A pooler answered, and knows another password than this host does. */
  readonly refused?: true;
}

/** PgBouncer's words for a wrong password. */
const refusal = /^SASL authentication failed$/;

export interface Way extends Pick<BrokenPath, "through" | "port"> {
  readonly login: SqlLogin;
  /** As in `queryProblem`. */
  readonly isWaiting?: ((reason: string) => boolean | Promise<boolean>) | undefined;
}

/** Asks again until a query gets through or the time is over. */
export async function askOn(
  host: System,
  { login, through, port, isWaiting }: Way,
  deadlineMs: number,
): Promise<DataPath> {
  const problem = await queryProblem(host, login, deadlineMs, isWaiting);
  if (problem === undefined) return "answers";
  return { through, fails: problem, port, ...(refusal.test(problem) && { refused: true }) };
}

/** How far a query gets: to nothing, to a pooler, to its answer; then the same on the port for sessions. */
export function reach(path: DataPath): number {
  if (typeof path !== "object") return 4;
  return (path.port === "main" ? 0 : 2) + (path.refused ? 1 : 0);
}

/** The one of several paths on which a query gets least far. */
export function leastOf(paths: readonly DataPath[]): DataPath {
  const asked = paths.filter((path) => path !== "not asked");
  return asked.reduce<DataPath>(
    (least, path) => (least === "not asked" || reach(path) < reach(least) ? path : least),
    "not asked",
  );
}
