import { existsSync, writeFileSync } from "node:fs";
import { setPriority } from "node:os";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { nowMs } from "../time.ts";
import { askForAnswer, askForEgress, askForQuery } from "./ask.ts";
import { ProbePlan } from "./plans.ts";

/**
 * A client that never gives up, in a process of its own so that nothing else shares its event loop. The first line
 * of stdin is the plan; its end ends the probing. Each attempt becomes a line `START END OUTCOME`, ms on the
 * monotonic clock, where the outcome is `ok`, with the exit's address for `egress`, or what went wrong.
 */
const maxOpen = 200;

const sessionPriority = "/proc/self/autogroup";

// The pair is to be measured, not how this process waits for a core of a busy host. Where the kernel shares the cores
// out by session (autogroup of sched(7)), a priority counts among the processes of one session only.
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
  // A prober that came late does not catch up: a burst would be another load than the one it stands for.
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
  }
}
