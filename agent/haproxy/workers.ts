import { messageOf } from "../../base/failure.ts";
import type { NodeStatus } from "../../contract/hostStatus.ts";
import { factsOf, type WorkerRow, workerRows } from "./info.ts";
import { type StatRow, statRows } from "./servers.ts";

type Worker = NonNullable<NodeStatus["haproxy"]>["workers"][number];

/** A worker that does not answer within this time is shown without connections. */
const workerMs = 1000;
/** For all workers together: whoever asked waits ten seconds for the whole host. */
const allMs = 4000;
/** The master serves ten connections at a time; the agent's daemon needs some of them. */
const atOnce = 4;

interface Master {
  /** Sends one command to the master socket. */
  ask(command: string, timeoutMs: number): Promise<string>;
  monotonicMs(): number;
}

export interface Workers {
  /** The one that serves first, then those that a reload left to their last sessions, newest first. */
  readonly workers: readonly Worker[];
  /** The servers as those left by reloads have them: a row for each server of each process. */
  readonly left: readonly StatRow[];
  /** Why some connections are unknown. */
  readonly problems: readonly string[];
}

/** Every process of haproxy that has connections. Rejects with a RuntimeError where the master does not list them. */
export async function readWorkers(master: Master): Promise<Workers> {
  const list = async () => workerRows(await master.ask("show proc", workerMs));
  const until = master.monotonicMs() + allMs;
  const rows = await list();
  const found: Found[] = [];
  for (let index = 0; index < rows.length; index += atOnce) {
    const inTime = master.monotonicMs() < until;
    found.push(...(await Promise.all(rows.slice(index, index + atOnce).map((row) => read(row, inTime)))));
  }
  if (found.every(({ problem }) => problem === undefined)) return collected(found);
  // A worker may have ended since it was listed.
  const still = new Set((await list()).map(({ pid }) => pid));
  return collected(found.filter(({ worker }) => still.has(worker.pid)));

  async function read({ pid, isOld, reloads }: WorkerRow, inTime: boolean): Promise<Found> {
    const worker = { pid, old: isOld, reloads };
    try {
      if (!inTime) throw new Error(`not asked, as the others took ${allMs / 1000} s`);
      const { connections } = factsOf(await master.ask(`@!${pid} show info`, workerMs));
      // The one that serves also says how its servers are, and is asked for that on its own socket.
      const left = isOld ? statRows(await master.ask(`@!${pid} show stat`, workerMs)) : [];
      return { worker: { ...worker, connections }, left, problem: undefined };
    } catch (error) {
      const problem = `the connections of haproxy's process ${pid} are unknown: ${messageOf(error)}`;
      return { worker: { ...worker, connections: null }, left: [], problem };
    }
  }
}

interface Found {
  readonly worker: Worker;
  readonly left: readonly StatRow[];
  readonly problem: string | undefined;
}

function collected(found: readonly Found[]): Workers {
  return {
    workers: found.map(({ worker }) => worker),
    left: found.flatMap(({ left }) => left),
    problems: found.flatMap(({ problem }) => problem ?? []),
  };
}
