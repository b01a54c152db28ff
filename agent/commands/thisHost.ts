import { hostname } from "node:os";
import { setTimeout as pause } from "node:timers/promises";
import { badInput } from "../errors.ts";
import { ask } from "../haproxy/runtime.ts";
import { addresses, listens, query } from "../host/network.ts";
import { run } from "../host/run.ts";
import type { System } from "../host/system.ts";

/** Progress goes to standard error: standard output is for the result alone. */
function progressLine(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** The machine that the program runs on, for root alone. */
export function thisHost(): System {
  if (process.getuid?.() !== 0) throw badInput("this needs root: run it with sudo");
  return realHost(progressLine);
}

/** Ignores signals: a change of the host ends within minutes, and one stopped half-way would leave files of two bundles. */
export function finishBeforeStopping(): void {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () =>
      progressLine(`${signal} is ignored: this command finishes, so that the host is not left half changed`),
    );
  }
}

/** A reload answers only when the new worker runs. */
const askMs = 10_000;

/** The machine that the program runs on. */
function realHost(progress: (line: string) => void): System {
  return {
    root: "/",
    name: hostname(),
    run,
    query,
    ask: (socket, command, timeoutMs = askMs) => ask(socket, command, { timeoutMs }),
    listens,
    addresses,
    now: () => new Date(),
    monotonicMs: () => performance.now(),
    pause: async (ms) => {
      await pause(ms);
    },
    progress,
    reached: () => {},
  };
}
