import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { nowMs } from "../time.ts";

/**
 * Clients with open sessions, in a process on the application server. The first line of stdin is the database URL.
 * On `wait` the waiting sessions send a long query, on `ask` the idle ones send a short one; the busy ones send one
 * after the other. Each query is printed as `asked SESSION MS`, its answer or error as `settled SESSION MS`.
 */
const slowQuery = "select pg_sleep(1)";

const stdin = createInterface({ input: process.stdin });
const lines = stdin[Symbol.asyncIterator]();
const databaseUrl = String((await lines.next()).value);

async function open(): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: databaseUrl });
  client.on("error", () => undefined);
  await client.connect();
  return client;
}

/** @returns whether there was an answer and not an error */
async function ask(name: string, client: pg.Client, query: string): Promise<boolean> {
  console.log(`asked ${name} ${nowMs()}`);
  const answered = await client.query(query).then(
    () => true,
    () => false,
  );
  console.log(`settled ${name} ${nowMs()}`);
  return answered;
}

async function keepAsking(name: string, client: pg.Client): Promise<void> {
  while (await ask(name, client, "select 1")) await delay(50);
}

const numbers = [1, 2, 3];
const [busy, waiting, idle] = await Promise.all(
  ["busy", "waiting", "idle"].map((kind) =>
    Promise.all(numbers.map(async (number) => ({ name: `${kind}-${number}`, client: await open() }))),
  ),
);
for (const { name, client } of busy ?? []) void keepAsking(name, client);
console.log("open");
for (let line = await lines.next(); !line.done; line = await lines.next()) {
  if (line.value === "wait") for (const { name, client } of waiting ?? []) void ask(name, client, slowQuery);
  if (line.value === "ask") for (const { name, client } of idle ?? []) void ask(name, client, "select 1");
}
process.exit();
