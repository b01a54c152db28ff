import { type ChildProcessByStdio, type SpawnOptions, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { execArgv } from "../../lab/machine/exec.ts";

export type ClientProcess = ChildProcessByStdio<Writable, Readable, null>;

/**
 * Starts a client on the lab's application server, in a process of its own.
 * @param program path of a TypeScript program; it ends when its stdin ends
 * @param firstLine first line of the program's stdin: it may hold a password
 */
export function startClient(
  lab: string,
  program: string,
  firstLine: string,
  { words = [], ...options }: Pick<SpawnOptions, "detached"> & { readonly words?: readonly string[] } = {},
): ClientProcess {
  const [file = "", ...args] = execArgv(lab, "app", [process.execPath, program, ...words]);
  const child = spawn(file, args, { ...options, stdio: ["pipe", "pipe", "inherit"] });
  // A program that has died is noticed by its exit.
  child.stdin.on("error", () => undefined);
  child.stdin.write(`${firstLine}\n`);
  return child;
}
