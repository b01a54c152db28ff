import { connect } from "node:net";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { nowMs } from "../time.ts";
import { TunnelPlan } from "./plans.ts";
import { askExit, openTunnel, wordOf } from "./throughProxy.ts";

/**
 * Clients with long connections through the egress, in a process on the application server. The first line of stdin is
 * the plan. `open COUNT` opens so many more, on `ask` all send a request at once, and the end of stdin closes all.
 * Tunnels are numbered from 0. Prints `open NUMBER EXIT` for a tunnel that is open, `answered NUMBER MS` for each
 * answer, and `lost NUMBER MS EXIT WORD` for a tunnel that ended or did not answer in time. MS is the time of the
 * request; EXIT is `-` where the tunnel never opened.
 */
const stdin = createInterface({ input: process.stdin });
const lines = stdin[Symbol.asyncIterator]();
const plan = TunnelPlan.parse(JSON.parse(String((await lines.next()).value)));

/** When the last `ask` came: every tunnel sends a request after it; ms on the monotonic clock. */
let dueMs = Number.NEGATIVE_INFINITY;
let due = new AbortController();

/** Ends early on `ask`. @throws Error once `over` is aborted */
async function pause(ms: number, over: AbortSignal): Promise<void> {
  try {
    await delay(ms, undefined, { signal: AbortSignal.any([over, due.signal]) });
  } catch (error) {
    if (over.aborted) throw error;
  }
}

async function hold(number: number): Promise<void> {
  const socket = connect({ ...plan.proxy, noDelay: true });
  socket.on("error", () => undefined);
  const over = new AbortController();
  socket.once("close", () => over.abort(new Error("closed")));
  const openTimeout = setTimeout(() => socket.destroy(new Error("silent")), plan.silentMs);
  let exit = "-";
  let askedMs = nowMs();
  let word = "closed";
  socket.once("error", (error) => {
    word = wordOf(error);
  });
  try {
    await openTunnel(socket, plan);
    exit = await askExit(socket, plan);
    console.log(`open ${number} ${exit}`);
    clearTimeout(openTimeout);
    // Not all at once, for a steady load.
    await pause((number * plan.everyMs) / plan.spread, over.signal);
    for (;;) {
      if (askedMs >= dueMs) await pause(plan.everyMs, over.signal);
      const answerTimeout = setTimeout(() => socket.destroy(new Error("silent")), plan.silentMs);
      askedMs = nowMs();
      await askExit(socket, plan).finally(() => clearTimeout(answerTimeout));
      console.log(`answered ${number} ${askedMs}`);
    }
  } catch (error) {
    // Where a pause was aborted, the socket's own error is the cause.
    if (!(error instanceof Error && error.name === "AbortError")) word = wordOf(error);
  } finally {
    clearTimeout(openTimeout);
    socket.destroy();
    console.log(`lost ${number} ${askedMs} ${exit} ${word}`);
  }
}

let opened = 0;
for (let line = await lines.next(); !line.done; line = await lines.next()) {
  const [word, count = "0"] = line.value.split(" ");
  if (word === "ask") {
    dueMs = nowMs();
    due.abort();
    due = new AbortController();
  }
  for (const last = opened + Number(count); opened < last; opened += 1) void hold(opened);
}
process.exit();
