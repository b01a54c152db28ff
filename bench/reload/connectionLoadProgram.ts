import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { askForAnswer } from "../../drills/clients/ask.ts";
import { nowMs } from "../../drills/time.ts";
import { LoadPlan, type LoadResult } from "./connectionLoad.ts";

/**
 * Opens new connections at a steady rate, each with one request to a pooler. The first line of stdin is the plan. The
 * end of stdin, or the plan's time or count, ends the load. Prints one `LoadResult`.
 */
const turnMs = 4;
/** With more at once, the limit of open sockets would be measured. */
const maxOpen = 1000;

const { plan, ended } = await readPlan();
const ask = askForAnswer({ ask: "answer", intervalMs: turnMs, ...plan });
const reasons: Record<string, number> = {};
const open = new Set<Promise<void>>();
let attempted = 0;

async function attempt(): Promise<void> {
  const outcome = await ask();
  if (outcome !== "ok") reasons[outcome] = (reasons[outcome] ?? 0) + 1;
}

const startMs = nowMs();
let elapsedMs = 0;
const withinBounds = () => elapsedMs < plan.maxSeconds * 1000 && attempted < plan.maxAttempts;
while (!ended() && withinBounds()) {
  const due = Math.min(Math.floor((elapsedMs * plan.perSecond) / 1000) + 1, plan.maxAttempts);
  for (; attempted < due && open.size < maxOpen; attempted++) {
    const connection = attempt().finally(() => open.delete(connection));
    open.add(connection);
  }
  await delay(turnMs);
  elapsedMs = nowMs() - startMs;
}
// A process that was stalled past its time limit was not a load, even where its stdin ended before.
const endedBy = withinBounds() ? "asked" : "bounds";
await Promise.all(open);
const failed = Object.values(reasons).reduce((sum, count) => sum + count, 0);
const perSecond = Math.round((attempted * 1000) / elapsedMs);
const result: LoadResult = { attempted, failed, perSecond, reasons, endedBy };
process.stdout.write(`${JSON.stringify(result)}\n`);
process.exit();

/** Resolves with the first line of stdin. */
async function readPlan(): Promise<{ readonly plan: LoadPlan; readonly ended: () => boolean }> {
  const [first] = await new Promise<[string]>((resolve) =>
    process.stdin.setEncoding("utf8").once("data", (line) => resolve([String(line)])),
  );
  let over = false;
  text(process.stdin).finally(() => {
    over = true;
  });
  return { plan: LoadPlan.parse(JSON.parse(first)), ended: () => over };
}
