import pg from "pg";
import { Failure, messageOf } from "../../base/failure.ts";
import { waitWhile } from "../../base/waitFor.ts";
import { announceIfSlow } from "../session/output.ts";

/** Waits until a query gets through. @throws Failure with the last reason why none does */
export async function waitForSql(connectionString: string, timeoutMs: number): Promise<void> {
  const problem = await announceIfSlow(
    `waiting up to ${timeoutMs / 1000} s until SQL gets through the virtual address`,
    waitWhile(timeoutMs, () => problemOf(connectionString), { everyMs: 50 }),
  );
  if (problem !== undefined)
    throw new Failure(`no query gets through the virtual address after ${timeoutMs / 1000} s: ${problem}`);
}

async function problemOf(connectionString: string): Promise<string | undefined> {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: 2000, query_timeout: 2000 });
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
