import pg from "pg";
import { Failure, messageOf } from "../../base/failure.ts";
import { waitWhile } from "../../base/waitFor.ts";
import { announceIfSlow } from "../session/output.ts";

/** Waits until a query gets through. @throws Failure with the last reason why none does */
export async function waitForSql(connectionString: string, timeoutMs: number): Promise<void> {
  const problem = await announceIfSlow(
    `waiting up to ${timeoutMs / 1000} s until SQL gets through the virtual address`,
    waitWhile(timeoutMs, () => queryProblem({ connectionString }, 2000), { everyMs: 50 }),
  );
  if (problem !== undefined)
    throw new Failure(`no query gets through the virtual address after ${timeoutMs / 1000} s: ${problem}`);
}

/** Why a client that logs in gets no answer to a query; undefined where it gets one. Login and query have `limitMs` each. */
export async function queryProblem(login: pg.ClientConfig, limitMs: number): Promise<string | undefined> {
  const client = new pg.Client({ ...login, connectionTimeoutMillis: limitMs, query_timeout: limitMs });
  client.on("error", () => {});
  try {
    await client.connect();
    await client.query("select 1");
    return undefined;
  } catch (error) {
    return messageOf(error);
  } finally {
    await client.end().catch(() => {});
  }
}
