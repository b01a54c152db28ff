import { existsSync, writeFileSync } from "node:fs";
import { setPriority } from "node:os";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { nowMs } from "../time.ts";
import { askForAnswer, askForEgress, askForQuery, askForRoute } from "./ask.ts";
import { ProbePlan } from "./plans.ts";

/**
 * A client that tries again and again, in a process of its own so that nothing else shares its event loop. The first
 * line of stdin is the plan; the end of stdin ends the program. Each attempt becomes a line `START END OUTCOME`, ms on
 * the monotonic clock. The outcome is `ok` (for `egress` with the exit's address), or what went wrong.
 */
const maxOpen = 200;

const sessionPriority = "/proc/self/autogroup";

// Otherwise the time that this process waits for a core of a busy host would be measured too. Where the kernel shares
// the cores by session (autogroup, sched(7)), a process's priority counts within its session only.
setPriority(-15);
if (existsSync(sessionPriority)) writeFileSync(sessionPriority, "-15");

const stdin = createInterface({ input: process.stdin });
const [first] = await new Promise<[string]>((resolve) => stdin.once("line", (line) => resolve([line])));
const plan = ProbePlan.parse(JSON.parse(first));
const ask = askAs(plan);

let ended = false;
stdin.once("close", () => {
  ended = true;
});

const open = new Set<Promise<void>>();

async function probe(): Promise<void> {
  const startMs = nowMs();
  const outcome = await ask();
  process.stdout.write(`${startMs.toFixed(3)} ${nowMs().toFixed(3)} ${outcome}\n`);
}

let due = nowMs();
while (!ended) {
  if (open.size < maxOpen) {
    const attempt = probe().finally(() => open.delete(attempt));
    open.add(attempt);
  }
  // A prober that is late does not catch up: a burst would be another load.
  due = Math.max(due + plan.intervalMs, nowMs());
  await delay(Math.max(0, due - nowMs()));
}
await Promise.all(open);

function askAs(plan: ProbePlan): () => Promise<string> {
  switch (plan.ask) {
    case "answer":
      return askForAnswer(plan);
    case "query":
      return askForQuery(plan);
    case "egress":
      return askForEgress(plan);
    case "route":
      return askForRoute(plan);
  }
}
