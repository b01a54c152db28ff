import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { execArgv } from "../../../lab/exec.ts";
import { nowMs } from "./clock.ts";

/** Sessions of clients on the application server: some busy, some in a long query, some idle. */
export interface Sessions {
  /** The idle ones ask something now. */
  ask(): void;
  /** Names of the sessions that asked something longer ago than this and know neither answer nor error. */
  silent(longerThanMs: number): readonly string[];
  close(): void;
}

/**
 * The kernel acknowledges a question at the latest after 40 ms. A client that knows its question arrived repeats
 * nothing: it would wait for ever if nobody told it.
 */
const acknowledgedMs = 200;

/** Opens the sessions; when it returns, the long queries have arrived and their answers have not. */
export async function openSessions(lab: string, databaseUrl: string): Promise<Sessions> {
  const program = join(import.meta.dirname, "sessions.ts");
  const [file = "", ...args] = execArgv(lab, "app", [process.execPath, program]);
  const child = spawn(file, args, { stdio: ["pipe", "pipe", "inherit"] });
  child.stdin.on("error", () => undefined);
  child.stdin.write(`${databaseUrl}\n`);

  const pending = new Map<string, number>();
  const lines = createInterface({ input: child.stdout });
  const open = new Promise<void>((resolve) => {
    lines.on("line", (line) => {
      const [word, name = "", atMs] = line.split(" ");
      if (word === "open") resolve();
      if (word === "asked") pending.set(name, Number(atMs));
      if (word === "settled") pending.delete(name);
    });
  });
  const ended = once(child, "exit").then(() => {
    throw new Error("the clients with open sessions ended before they were open");
  });
  await Promise.race([open, ended]);
  ended.catch(() => undefined);

  child.stdin.write("wait\n");
  while (!pending.has("waiting-3")) await once(lines, "line");
  await delay(acknowledgedMs);
  return {
    ask: () => child.stdin.write("ask\n"),
    silent: (longerThanMs) =>
      [...pending].filter(([, askedMs]) => nowMs() - askedMs > longerThanMs).map(([name]) => name),
    close: () => child.stdin.end(),
  };
}
