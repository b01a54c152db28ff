import { join } from "node:path";
import { createInterface } from "node:readline";
import { Failure } from "../../base/failure.ts";
import type { DrilledPair } from "../pair.ts";
import { waitUntil } from "../time.ts";
import { startClient } from "./startClient.ts";

/** Clients that write rows without end, and remember which ones were acknowledged. */
export interface Writer {
  /** Compares the rows of the database with all that were acknowledged. @throws Failure where it cannot be asked */
  check(): Promise<Checked>;
  close(): Promise<void>;
}

export interface Checked {
  /** Since the beginning. */
  readonly acknowledged: number;
  /** Numbers of rows that were acknowledged and are not there; each is told once. */
  readonly lost: readonly number[];
}

const openWithinMs = 10_000;
/** The program asks again and again meanwhile. */
const checkedWithinMs = 20_000;
const closedWithinMs = 10_000;

/** Starts the clients on the lab's application server. @throws Failure where they cannot make their table */
export async function startWriter({ lab, databaseUrl }: DrilledPair, signal: AbortSignal): Promise<Writer> {
  const child = startClient(lab, join(import.meta.dirname, "writerProgram.ts"), databaseUrl);
  const answers: string[] = [];
  let ended = false;
  child.once("exit", () => {
    ended = true;
  });
  createInterface({ input: child.stdout }).on("line", (line) => void answers.push(line));
  const answer = async (what: string, withinMs: number) => {
    const problem = () => {
      if (answers.length > 0) return undefined;
      if (ended) throw new Failure("the clients that write rows ended before the drill stopped them");
      return `the clients that write rows have not ${what}`;
    };
    await waitUntil(problem, withinMs, signal);
    return answers.shift() ?? "";
  };
  const close = async () => {
    child.stdin.end();
    const problem = () => (ended ? undefined : "the clients that write rows do not end");
    await waitUntil(problem, closedWithinMs, new AbortController().signal);
  };
  try {
    await answer("begun", openWithinMs);
  } catch (error) {
    child.stdin.end();
    throw error;
  }
  return {
    check: async () => {
      child.stdin.write("check\n");
      const [acknowledged = 0, ...lost] = (await answer("read their rows", checkedWithinMs))
        .split(" ")
        .map(Number);
      return { acknowledged, lost };
    },
    close,
  };
}
