import { spawn } from "node:child_process";
import { Failure } from "./failure.ts";

const signals = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"] as const;

/** True where ^C reaches what this process starts without its help. */
export const hasTerminal = [process.stdin, process.stdout, process.stderr].some(({ isTTY }) => isTTY);

/**
 * Runs a program in this process' place: its input, output and signals are its own, and its end is this process' end.
 * @throws Failure where it cannot be started
 */
export async function handOver(
  file: string,
  args: readonly string[],
  { cwd, env }: { readonly cwd?: string; readonly env: Readonly<Record<string, string>> },
): Promise<never> {
  // First, so that no signal ends this process and leaves the program behind.
  for (const name of signals) process.on(name, () => (name === "SIGINT" && hasTerminal) || child.kill(name));
  const child = spawn(file, args, { stdio: "inherit", cwd, env: { ...process.env, ...env } });
  const [status, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
    child.once("error", ({ message }) => reject(new Failure(`${file} could not be run: ${message}`)));
    child.once("close", (status, signal) => resolve([status, signal]));
  });
  for (const name of signals) process.removeAllListeners(name);
  if (signal) process.kill(process.pid, signal);
  process.exit(status ?? 1);
}
