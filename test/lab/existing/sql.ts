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

/** What clients saw that log in and query again and again. */
export interface Served {
  readonly queries: number;
  /** Why a query failed, one for each that did. */
  readonly failures: readonly string[];
}

/** Logs in and queries again and again until `stop`. */
export function watchSql(connectionString: string): { stop(): Promise<Served> } {
  const failures: string[] = [];
  let [queries, ended] = [0, false];
  const watching = (async () => {
    while (!ended) {
      const problem = await queryProblem({ connectionString }, 1000);
      queries += 1;
      if (problem !== undefined) failures.push(problem);
      await delay(100);
    }
  })();
  return {
    stop: async () => {
      ended = true;
      await watching;
      return { queries, failures };
    },
  };
}
