import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Probe } from "../measure/outage.ts";
import type { ProbePlan } from "./plans.ts";
import { startClient } from "./startClient.ts";

export interface Prober {
  /** Every attempt that has ended, in the order in which they ended. */
  readonly probes: readonly Probe[];
  /** Starts no further attempts, waits for the open ones, and returns all. */
  stop(): Promise<readonly Probe[]>;
}

export function startProber(lab: string, plan: ProbePlan): Prober {
  const program = join(import.meta.dirname, "proberProgram.ts");
  // Detached: a session of its own, so that the priority that the program sets is the session's.
  const child = startClient(lab, program, JSON.stringify(plan), { detached: true });
  const exit = once(child, "exit");
  const probes: Probe[] = [];
  const lines = createInterface({ input: child.stdout });
  lines.on("line", (line) => probes.push(parseProbe(line)));
  const allRead = once(lines, "close");
  return {
    probes,
    stop: async () => {
      child.stdin.end();
      await Promise.all([exit, allRead]);
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
