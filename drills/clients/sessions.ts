import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { Failure } from "../../base/failure.ts";
import { nowMs, waitUntil } from "../time.ts";
import { type ClientProcess, startClient } from "./startClient.ts";

/** Sessions of clients on the application server: some busy, some in a long query, some idle. */
export interface Sessions {
  /** Makes the idle sessions send a query. */
  ask(): void;
  /**
   * Names of the sessions whose query is older than this and has neither an answer nor an error.
   * @throws Failure where the clients' process is gone
   */
  silent(longerThanMs: number): readonly string[];
  close(): void;
}

/**
 * The kernel acknowledges a query within 40 ms. From then on the client's TCP has nothing to send again: without an
 * answer or a reset the client waits forever, and that is what is measured.
 */
const acknowledgedMs = 200;

/** Nine logins, on a busy host. */
const openWithinMs = 10_000;

/** Opens sessions on the lab's application server. @throws Failure where they do not open */
export function openSessions(lab: string, databaseUrl: string, signal: AbortSignal): Promise<Sessions> {
  const program = join(import.meta.dirname, "sessionsProgram.ts");
  return followSessions(startClient(lab, program, databaseUrl), signal);
}

/** Follows a process that speaks as `sessionsProgram.ts` does. Resolves when the long queries are under way. */
export async function followSessions(child: ClientProcess, signal: AbortSignal): Promise<Sessions> {
  /** When each session sent the query that is not answered yet, ms on the monotonic clock. */
  const pending = new Map<string, number>();
  let open = false;
  let ended = false;
  child.once("exit", () => {
    ended = true;
  });
  createInterface({ input: child.stdout }).on("line", (line) => {
    const [word, name = "", atMs] = line.split(" ");
    if (word === "open") open = true;
    if (word === "asked") pending.set(name, Number(atMs));
    if (word === "settled") pending.delete(name);
  });
  const assertRunning = () => {
    if (ended) throw new Failure("the clients with open sessions ended before the drill stopped them");
  };
  const until = (problem: () => string | undefined) =>
    waitUntil(
      () => {
        assertRunning();
        return problem();
      },
      openWithinMs,
      signal,
    );
  try {
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
    silent: (longerThanMs) => {
      assertRunning();
      const now = nowMs();
      return [...pending].filter(([, askedMs]) => now - askedMs > longerThanMs).map(([name]) => name);
    },
    close: () => child.stdin.end(),
  };
}
