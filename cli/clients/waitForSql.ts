import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { Failure, messageOf } from "../../base/failure.ts";
import { announceIfSlow } from "../session/output.ts";

/** Waits until a query gets through. @returns how long it took, ms. @throws Failure with the last reason. */
export function waitForSql(connectionString: string, timeoutMs: number): Promise<number> {
  return announceIfSlow(
    `waiting up to ${timeoutMs / 1000} s until SQL gets through the virtual address`,
    untilSql(connectionString, timeoutMs),
  );
}

async function untilSql(connectionString: string, timeoutMs: number): Promise<number> {
  const begun = Date.now();
  let reason = "";
  while (Date.now() - begun < timeoutMs) {
    const client = new pg.Client({ connectionString, connectionTimeoutMillis: 2000, query_timeout: 2000 });
    client.on("error", () => {});
    try {
      await client.connect();
      await client.query("select 1");
      return Date.now() - begun;
    } catch (error) {
      reason = messageOf(error);
      await delay(50);
    } finally {
      await client.end().catch(() => {});
    }
  }
  throw new Failure(`no query gets through the virtual address after ${timeoutMs / 1000} s: ${reason}`);
}
