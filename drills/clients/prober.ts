import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { execArgv } from "../../lab/machine/exec.ts";
import type { Probe } from "../measure/outage.ts";
import type { ProbePlan } from "./plans.ts";

export interface Prober {
  /** Every attempt that has ended, in the order of its end. */
  readonly probes: readonly Probe[];
  /** Stops starting attempts, waits for those that are open, and returns all. */
  stop(): Promise<readonly Probe[]>;
}

/** Starts a client on the lab's application server. */
export function startProber(lab: string, plan: ProbePlan): Prober {
  const program = join(import.meta.dirname, "proberProgram.ts");
  const [file = "", ...args] = execArgv(lab, "app", [process.execPath, program]);
  // In a session of its own: its priority is that of its session.
  const child = spawn(file, args, { stdio: ["pipe", "pipe", "inherit"], detached: true });
  const exit = once(child, "exit");
  const probes: Probe[] = [];
  const lines = createInterface({ input: child.stdout });
  lines.on("line", (line) => probes.push(parseProbe(line)));
  const read = once(lines, "close");
  child.stdin.on("error", () => undefined);
  child.stdin.write(`${JSON.stringify(plan)}\n`);
  return {
    probes,
    stop: async () => {
      child.stdin.end();
      await Promise.all([exit, read]);
      return probes;
    },
  };
}

/** A prober's line: `START END OUTCOME`, and the exit where there is one. */
export function parseProbe(line: string): Probe {
  const [start = "", end = "", outcome = "", exit] = line.split(" ");
  const times = { startMs: Number(start), endMs: Number(end) };
  if (outcome !== "ok") return { ...times, failure: outcome };
  return exit === undefined ? times : { ...times, exit };
}
