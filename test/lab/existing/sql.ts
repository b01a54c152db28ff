import { setTimeout as delay } from "node:timers/promises";
import { queryProblem } from "../../../cli/clients/waitForSql.ts";
import { outputsOf } from "../../../cli/engine/outputs.ts";
import type { BareLab } from "./bareLab.ts";

/** The stack's own URL, through the loopback port that leads to the virtual address. */
export async function databaseUrl({ home, sqlPort }: BareLab): Promise<string> {
  const { pairs } = await outputsOf(home, "hosts");
  const url = new URL(pairs.pg?.databaseUrl ?? "");
  url.host = `127.0.0.1:${sqlPort}`;
  return url.toString();
}

/** Logs in and queries again and again; `stop` tells the longest time without an answer, and why there was none. */
export function watchSql(connectionString: string): {
  stop(): Promise<{ readonly longestMs: number; readonly problems: readonly string[] }>;
} {
  const problems: string[] = [];
  let [longestMs, ended, answeredMs] = [0, false, performance.now()];
  const watching = (async () => {
    while (!ended) {
      const problem = await queryProblem({ connectionString }, 1000);
      const now = performance.now();
      longestMs = Math.max(longestMs, now - answeredMs);
      if (problem === undefined) answeredMs = now;
      else problems.push(problem);
      await delay(100);
    }
  })();
  return {
    stop: async () => {
      ended = true;
      await watching;
      return { longestMs, problems };
    },
  };
}
