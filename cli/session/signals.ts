import { spawn } from "node:child_process";
import { Failure } from "../../base/failure.ts";

const signals = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"] as const;

/** True where ^C reaches what this process starts without its help. */
const hasTerminal = [process.stdin, process.stdout, process.stderr].some(({ isTTY }) => isTTY);

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

/**
 * Does work that this process must see through to its end when it is asked to stop: the engine then ends what it is at
 * in order and leaves no lock, and the next command goes on from there.
 * @param work is told by the signal to end; not where a terminal has told the engine itself, which would give up at
 * once when told twice
 */
export async function inOrder<Result>(work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
  const interruption = new AbortController();
  const listeners = (["SIGINT", "SIGTERM", "SIGHUP"] as const).map((name) => {
    const listener = () => {
      console.error("interrupted: waiting for the engine to end");
      if (name !== "SIGINT" || !hasTerminal) interruption.abort();
    };
    process.on(name, listener);
    return () => process.removeListener(name, listener);
  });
  try {
    return await work(interruption.signal);
  } finally {
    for (const remove of listeners) remove();
  }
}
