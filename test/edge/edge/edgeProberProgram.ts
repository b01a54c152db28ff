import { request } from "node:https";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import * as z from "zod";

/**
 * A client of the edge in a process on the application server: a request on a new connection at each interval, until stdin
 * ends. The first line of stdin is the plan. Prints a line for each request that has ended.
 */
const Plan = z.strictObject({
  url: z.string(),
  host: z.string(),
  ca: z.string(),
  intervalMs: z.number(),
  deadlineMs: z.number(),
});

const lines = createInterface({ input: process.stdin });
const input = lines[Symbol.asyncIterator]();
const { url, host, ca, intervalMs, deadlineMs } = Plan.parse(JSON.parse(String((await input.next()).value)));
void input.next().then(() => process.exit());

function ask(): void {
  const beganMs = Date.now();
  const tell = (outcome: string) => console.log(JSON.stringify({ beganMs, endedMs: Date.now(), outcome }));
  const options = { headers: { host }, servername: host, ca, agent: false as const };
  const asked = request(url, { ...options, signal: AbortSignal.timeout(deadlineMs) }, (response) => {
    response.resume().on("end", () => tell(String(response.statusCode)));
    response.on("error", () => undefined);
  });
  asked.on("error", (error: NodeJS.ErrnoException) => tell(error.code ?? error.message)).end();
}

for (;;) {
  ask();
  await pause(intervalMs);
}
