import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { nowMs } from "../time.ts";

/**
 * A client with a row lock in an open transaction, in a process on the application server; the first line of stdin is
 * the database URL. Prints `locked MS`. On `want` a second client connects and waits for the same row; it prints
 * `taken MS` when it has it.
 */
const table = "hapair_drill_lock";

const stdin = createInterface({ input: process.stdin });
const lines = stdin[Symbol.asyncIterator]();
const databaseUrl = String((await lines.next()).value);

async function open(): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: 1000 });
  client.on("error", () => undefined);
  await client.connect();
  return client;
}

async function take(client: pg.Client): Promise<void> {
  await client.query(`begin`);
  await client.query(`select number from ${table} for update`);
}

/** Connects and asks again where a connection is lost meanwhile. */
async function want(): Promise<void> {
  for (;;) {
    try {
      const client = await open();
      await take(client);
      console.log(`taken ${nowMs()}`);
      await client.query(`drop table ${table}`);
      await client.query("commit");
      return;
    } catch {
      await delay(50);
    }
  }
}

const holder = await open();
await holder.query(`drop table if exists ${table}`);
await holder.query(`create table ${table} as select 1 as number`);
await take(holder);
console.log(`locked ${nowMs()}`);
for (let line = await lines.next(); !line.done; line = await lines.next())
  if (line.value === "want") void want();
process.exit();
