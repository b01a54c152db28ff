import { hasTerminal } from "./handOver.ts";

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
