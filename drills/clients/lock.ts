import { join } from "node:path";
import { createInterface } from "node:readline";
import { Failure } from "../../base/failure.ts";
import type { DrilledPair } from "../pair.ts";
import { waitUntil } from "../time.ts";
import { startClient } from "./startClient.ts";

/** A row lock that one client holds in an open transaction, and that another client wants. */
export interface Lock {
  /** Resolves when the other client has it, to ms on the monotonic clock. @throws Failure where it never gets it */
  taken(signal: AbortSignal): Promise<number>;
  close(): void;
}

const openWithinMs = 10_000;
/** A lock that is held for longer counts as held for ever. */
const takenWithinMs = 30_000;

/** Opens a transaction with a row lock on the lab's application server. @throws Failure where it does not open */
export async function holdLock({ lab, databaseUrl }: DrilledPair, signal: AbortSignal): Promise<Lock> {
  const child = startClient(lab, join(import.meta.dirname, "lockProgram.ts"), databaseUrl);
  const said = new Map<string, string>();
  let ended = false;
  child.once("exit", () => {
    ended = true;
  });
  createInterface({ input: child.stdout }).on("line", (line) => {
    const [word = "", value = ""] = line.split(" ");
    said.set(word, value);
  });
  const until = async (word: string, withinMs: number, until: AbortSignal) => {
    const problem = () => {
      if (ended) throw new Failure("the client with the row lock ended before the drill stopped it");
      return said.has(word) ? undefined : `the row is not ${word}`;
    };
    await waitUntil(problem, withinMs, until);
    return Number(said.get(word));
  };
  const close = () => child.stdin.end();
  try {
    await until("locked", openWithinMs, signal);
  } catch (error) {
    close();
    throw error;
  }
  return {
    taken: (signal) => {
      child.stdin.write("want\n");
      return until("taken", takenWithinMs, signal);
    },
    close,
  };
}
