import { run } from "../machine.ts";
import { type DrilledPair, postgresOf } from "../pair.ts";
import { nowMs } from "../time.ts";

const asPostgres = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "--"];

/**
 * The transactions that began before a moment, are still open and have changed or locked rows, as sentences.
 * @param sinceMs on the monotonic clock; PostgreSQL has this host's clock
 * @throws Error where PostgreSQL does not answer
 */
export async function transactionsBefore(pair: DrilledPair, sinceMs: number): Promise<readonly string[]> {
  const unixS = (Date.now() - (nowMs() - sinceMs)) / 1000;
  const query = `select format('process %s (%s, %s) in a transaction for %s s', pid, client_addr, state,
      round(extract(epoch from now() - xact_start)::numeric, 1))
    from pg_stat_activity
    where backend_type = 'client backend' and backend_xid is not null and xact_start < to_timestamp(${unixS})`;
  const psql = ["psql", "--no-psqlrc", "--tuples-only", "--no-align", "--dbname=postgres"];
  // On stdin: the query has spaces and quotes.
  const stdout = await run(pair.lab, postgresOf(pair), ["timeout", "5", ...asPostgres, ...psql], query);
  return stdout.split("\n").filter((line) => line !== "");
}
