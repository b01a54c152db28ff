import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import * as z from "zod";
import { nowMs } from "../../time.ts";

/**
 * Clients with open sessions, in a process on the application server. The first line of stdin is the plan. Prints
 * `through SESSION ADDRESS` with the address of the pooler's host as PostgreSQL sees it (`local` for its own), `open` once
 * all sessions are, and `ended SESSION MS` for one that is closed or gets an error. Every second session is busy.
 */
const Plan = z.strictObject({ databaseUrl: z.string(), sessions: z.int() });

const pauseMs = 100;

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const { databaseUrl, sessions } = Plan.parse(JSON.parse(String((await lines.next()).value)));
const over = lines.next();

const clients = await Promise.all(
  Array.from({ length: sessions }, async (_, number) => {
    const name = `${number % 2 === 0 ? "busy" : "idle"}-${number}`;
    const client = new pg.Client({ connectionString: databaseUrl });
    const report = once(() => console.log(`ended ${name} ${nowMs()}`));
    client.on("error", report);
    client.on("end", report);
    await client.connect();
    const { rows } = await client.query<{ address: string }>(
      "select coalesce(host(inet_client_addr()), 'local') as address",
    );
    console.log(`through ${name} ${rows[0]?.address}`);
    return { name, client, report };
  }),
);

for (const { name, client, report } of clients)
  if (name.startsWith("busy")) void keepAsking(client).catch(report);
console.log("open");
await over;
process.exit();

async function keepAsking(client: pg.Client): Promise<never> {
  for (;;) {
    await client.query("select 1");
    await delay(pauseMs);
  }
}

function once(work: () => void): () => void {
  let done = false;
  return () => {
    if (!done) work();
    done = true;
  };
}
