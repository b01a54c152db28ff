import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import * as z from "zod";
import { nowMs } from "../../../../drills/time.ts";

/**
 * A client that logs in and asks one query again and again, at every URL of the first line of stdin, until stdin ends.
 * Each attempt becomes a line `START END NAME OUTCOME`, ms on the monotonic clock; the outcome is `in`, or the error.
 */
const Plan = z.strictObject({ urls: z.record(z.string(), z.string()), pauseMs: z.int() });

const stdin = createInterface({ input: process.stdin });
const [first] = await new Promise<[string]>((resolve) => stdin.once("line", (line) => resolve([line])));
const { urls, pauseMs } = Plan.parse(JSON.parse(first));
let ended = false;
stdin.once("close", () => {
  ended = true;
});

async function logIn(connectionString: string): Promise<string> {
  const limits = { connectionTimeoutMillis: 10_000, query_timeout: 10_000 };
  const client = new pg.Client({ connectionString, ...limits });
  client.on("error", () => undefined);
  try {
    await client.connect();
    await client.query("select 1");
    return "in";
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    await client.end().catch(() => undefined);
  }
}

await Promise.all(
  Object.entries(urls).map(async ([name, url]) => {
    while (!ended) {
      const startMs = nowMs();
      const outcome = await logIn(url);
      process.stdout.write(`${startMs.toFixed(3)} ${nowMs().toFixed(3)} ${name} ${outcome}\n`);
      await delay(pauseMs);
    }
  }),
);
