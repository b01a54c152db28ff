import { hostname } from "node:os";
import { setTimeout as pause } from "node:timers/promises";
import { ask } from "../haproxy/ask.ts";
import type { Host } from "../host.ts";
import { addresses } from "./addresses.ts";
import { listens } from "./listens.ts";
import { query } from "./query.ts";
import { run } from "./run.ts";

/** A reload answers only when the new worker is there. */
const askMs = 10_000;

/** The machine that the program runs on. */
export function realHost(progress: (line: string) => void): Host {
  return {
    root: "/",
    name: hostname(),
    run,
    query,
    ask: (socket, command) => ask(socket, command, { timeoutMs: askMs }),
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
