import { Socket } from "node:net";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";

/**
 * Clients that write rows, in a process on the application server; the first line of stdin is the database URL, the end
 * of stdin ends the program. Each row is a transaction that also locks a row of the client's own. Some clients die in
 * the middle of one: their sockets are closed, and nobody says `rollback`. Prints `begun`, and on `check` the number of
 * rows acknowledged so far, with those that are lost: `ACKNOWLEDGED [LOST …]`.
 */
const rows = "hapair_chaos";
const locks = "hapair_chaos_lock";
const workers = 4;
/** A client that gets no answer for so long gives its connection up, ms. */
const deadlineMs = 2000;
/** Between two rows of a client, ms. */
const pauseMs = 20;
/** So many rows later a client comes anew, and the one before it dies. */
const rowsPerClient = 25;

const stdin = createInterface({ input: process.stdin });
const lines = stdin[Symbol.asyncIterator]();
const connectionString = String((await lines.next()).value);

async function withClient(work: (client: pg.Client) => Promise<void>): Promise<void> {
  const socket = new Socket();
  const client = new pg.Client({
    connectionString,
    connectionTimeoutMillis: deadlineMs,
    query_timeout: deadlineMs,
    stream: () => socket,
  });
  client.on("error", () => undefined);
  try {
    await client.connect();
    await work(client);
  } finally {
    // At once, also in the middle of a transaction: `end` would wait for a server that does not answer.
    socket.destroy();
  }
}

/** Those that were acknowledged and not found lost yet. */
const acknowledged = new Set<number>();
let count = 0;
let next = 0;

async function begin(client: pg.Client, worker: number): Promise<number> {
  const id = next++;
  await client.query("begin");
  await client.query(`update ${locks} set number = number + 1 where worker = $1`, [worker]);
  await client.query(`insert into ${rows} values ($1)`, [id]);
  return id;
}

/** @returns never: comes anew where its connection is lost, and after some rows */
async function write(worker: number): Promise<never> {
  for (;;) {
    const life = withClient(async (client) => {
      for (let row = 0; row < rowsPerClient; row += 1) {
        const id = await begin(client, worker);
        await client.query("commit");
        acknowledged.add(id);
        count += 1;
        await delay(pauseMs);
      }
      await begin(client, worker);
    });
    await life.catch(() => delay(pauseMs));
  }
}

/** @returns the numbers of rows that are lost; each is told once */
async function check(): Promise<readonly number[]> {
  for (;;) {
    const expected = [...acknowledged];
    try {
      let there = new Set<number>();
      await withClient(async (client) => {
        const { rows: found } = await client.query<{ id: number }>(`select id from ${rows}`);
        there = new Set(found.map(({ id }) => id));
      });
      const lost = expected.filter((id) => !there.has(id));
      for (const id of lost) acknowledged.delete(id);
      return lost;
    } catch {
      await delay(100);
    }
  }
}

const forget = `drop table if exists ${rows}, ${locks}`;

await withClient(async (client) => {
  await client.query(forget);
  await client.query(`create table ${rows} (id int primary key)`);
  await client.query(
    `create table ${locks} as select worker, 0 as number from generate_series(1, ${workers}) worker`,
  );
});
for (let worker = 1; worker <= workers; worker += 1) void write(worker);
console.log("begun");
for (let line = await lines.next(); !line.done; line = await lines.next()) {
  const lost = await check();
  console.log([count, ...lost].join(" "));
}
await withClient(async (client) => void (await client.query(forget))).catch(() => undefined);
process.exit();
