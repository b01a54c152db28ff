import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import * as z from "zod";
import { queryProblem } from "../../../../cli/clients/waitForSql.ts";
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

await Promise.all(
  Object.entries(urls).map(async ([name, url]) => {
    while (!ended) {
      const startMs = nowMs();
      const outcome = (await queryProblem({ connectionString: url }, 10_000)) ?? "in";
      process.stdout.write(`${startMs.toFixed(3)} ${nowMs().toFixed(3)} ${name} ${outcome}\n`);
      await delay(pauseMs);
    }
  }),
);
