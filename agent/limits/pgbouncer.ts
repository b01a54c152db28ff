import { type Rows, rowsOf } from "../services/pgbouncer/console.ts";

/** What to ask a pooler's console for, in one session. */
export const poolerQuestions = ["SHOW LISTS", "SHOW CONFIG", "SHOW POOLS"] as const;

/** PgBouncer counts the console itself among its clients, and never refuses it. */
const ownClients = 1;
/** A shorter wait for a server connection is the normal work of a pool. */
const longWaitS = 1;

/**
 * A sentence for each limit of a pooler that is reached. Throws where the text is no answer to the questions.
 * @param answers to `poolerQuestions`, as CSV one after another
 */
export function fullPooler(port: number, answers: string): readonly string[] {
  const number = (key: string) => numberIn(port, answers, key);
  const [clients, most] = [number("used_clients") - ownClients, number("max_client_conn")];
  const refused =
    clients >= most
      ? [
          `the pooler on port ${port} has ${clients} of ${most} clients, and further ones are refused: close idle ones, or raise pool.maxClientConnections`,
        ]
      : [];
  return [...refused, ...waiting(port, number("default_pool_size"), poolsIn(answers))];
}

/**
 * Whether a role's clients have all server connections of a pooler to a database. Throws as `fullPooler` does.
 * @param answers as for `fullPooler`
 */
export function isPoolFull(
  port: number,
  answers: string,
  wanted: { readonly database: string; readonly user: string },
): boolean {
  const size = numberIn(port, answers, "default_pool_size");
  return poolsIn(answers).some(
    ({ database, user, sv_active }) =>
      database === wanted.database && user === wanted.user && Number(sv_active) >= size,
  );
}

function numberIn(port: number, answers: string, key: string): number {
  const found = new RegExp(`^${key},(\\d+)\\b`, "m").exec(answers)?.[1];
  if (found === undefined) throw new Error(`PgBouncer's console on port ${port} does not say ${key}`);
  return Number(found);
}

function waiting(port: number, size: number, pools: Rows): readonly string[] {
  return pools
    .filter(({ sv_active, maxwait }) => Number(sv_active) >= size && Number(maxwait) >= longWaitS)
    .map(
      ({ database, user, maxwait }) =>
        `the pooler on port ${port} uses all of its ${size} server connections for ${database}/${user}, and clients have waited for ${maxwait} s: end long transactions, or raise pool.size`,
    );
}

function poolsIn(answers: string): Rows {
  const start = answers.search(/^database,user,/m);
  return start < 0 ? [] : rowsOf(answers.slice(start));
}
