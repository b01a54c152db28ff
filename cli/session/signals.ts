import { spawn } from "node:child_process";
import { Failure } from "../../base/failure.ts";

const signals = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"] as const;

/** True where the terminal's ^C also reaches the programs that this process starts. */
const hasTerminal = [process.stdin, process.stdout, process.stderr].some(({ isTTY }) => isTTY);

/**
 * Runs a program in this process' place: it gets this process' input, output and signals, and this process ends as it does.
 * @param options.ended is called in between
 * @throws Failure where it cannot be started
 */
export async function handOver(
  file: string,
  args: readonly string[],
  {
    cwd,
    env,
    ended,
  }: { readonly cwd?: string; readonly env: Readonly<Record<string, string>>; readonly ended?: () => void },
): Promise<never> {
  // Before the start, so that no signal ends this process and leaves the program behind.
  for (const name of signals) process.on(name, () => (name === "SIGINT" && hasTerminal) || child.kill(name));
  const child = spawn(file, args, { stdio: "inherit", cwd, env: { ...process.env, ...env } });
  const [status, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
    child.once("error", ({ message }) => reject(new Failure(`${file} could not be run: ${message}`)));
    child.once("close", (status, signal) => resolve([status, signal]));
  });
  ended?.();
  for (const name of signals) process.removeAllListeners(name);
  if (signal) process.kill(process.pid, signal);
  process.exit(status ?? 1);
}

/**
 * Runs work that has to end in order when this process is asked to stop: the engine finishes the steps under way and
 * leaves no lock, and the next command continues from there.
 * @param work ends early where its signal is aborted. It is not where a terminal has signalled the engine itself, which
 * would abort at once on a second signal
 * @param asked is called when this process is asked to stop
 */
export async function inOrder<Result>(
  work: (signal: AbortSignal) => Promise<Result>,
  asked: () => void = () => {},
): Promise<Result> {
  const interruption = new AbortController();
  const listeners = (["SIGINT", "SIGTERM", "SIGHUP"] as const).map((name) => {
    const listener = () => {
      console.error("interrupted: waiting for the engine to end");
      asked();
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
