import { type ChildProcessByStdio, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { Failure } from "../../base/failure.ts";
import { execArgv } from "../../lab/machine/exec.ts";
import { nowMs, waitUntil } from "../time.ts";

/** Sessions of clients on the application server: some busy, some in a long query, some idle. */
export interface Sessions {
  /** The idle ones ask something now. */
  ask(): void;
  /**
   * Names of the sessions that asked something longer ago than this and know neither answer nor error.
   * @throws Failure where the clients' process is gone: nobody would tell
   */
  silent(longerThanMs: number): readonly string[];
  close(): void;
}

/**
 * The kernel acknowledges a question at the latest after 40 ms. A client that knows its question arrived repeats
 * nothing: it would wait for ever if nobody told it.
 */
const acknowledgedMs = 200;

/** Nine logins, on a busy host. */
const openWithinMs = 10_000;

/** Opens sessions on the lab's application server. @throws Failure where they do not open */
export function openSessions(lab: string, databaseUrl: string, signal: AbortSignal): Promise<Sessions> {
  const program = join(import.meta.dirname, "sessionsProgram.ts");
  const [file = "", ...args] = execArgv(lab, "app", [process.execPath, program]);
  return followSessions(spawn(file, args, { stdio: ["pipe", "pipe", "inherit"] }), databaseUrl, signal);
}

/** The sessions of a process as `sessions.ts` is one; when it returns, the long queries have arrived unanswered. */
export async function followSessions(
  child: ChildProcessByStdio<Writable, Readable, null>,
  databaseUrl: string,
  signal: AbortSignal,
): Promise<Sessions> {
  const pending = new Map<string, number>();
  let open = false;
  let ended = false;
  child.once("exit", () => {
    ended = true;
  });
  child.stdin.on("error", () => undefined);
  createInterface({ input: child.stdout }).on("line", (line) => {
    const [word, name = "", atMs] = line.split(" ");
    if (word === "open") open = true;
    if (word === "asked") pending.set(name, Number(atMs));
    if (word === "settled") pending.delete(name);
  });
  const living = <T>(value: T): T => {
    if (ended) throw new Failure("the clients with open sessions ended before they were told to");
    return value;
  };
  const until = (amiss: () => string | undefined) => waitUntil(() => living(amiss()), openWithinMs, signal);
  try {
    child.stdin.write(`${databaseUrl}\n`);
    await until(() => (open ? undefined : "the clients' sessions are not open"));
    child.stdin.write("wait\n");
    await until(() => (pending.has("waiting-3") ? undefined : "no long query is under way"));
    await delay(acknowledgedMs);
  } catch (error) {
    child.stdin.end();
    throw error;
  }
  return {
    ask: () => child.stdin.write("ask\n"),
    silent: (longerThanMs) =>
      living([...pending])
        .filter(([, askedMs]) => nowMs() - askedMs > longerThanMs)
        .map(([name]) => name),
    close: () => child.stdin.end(),
  };
}
