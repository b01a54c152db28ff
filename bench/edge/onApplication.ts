import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { Failure } from "../../base/failure.ts";
import { startClient } from "../../drills/clients/startClient.ts";

/** Programs of the bench on the lab's application server, by their paths in `bench/`. */

/**
 * Runs one with its plan on the first line of stdin, until it has printed its result.
 * @throws Failure where it ends without one; what went wrong is on stderr
 */
export async function resultOf(lab: string, program: string, plan: object): Promise<unknown> {
  const child = startClient(lab, pathOf(program), JSON.stringify(plan));
  const output = text(child.stdout);
  await once(child, "exit");
  const line = (await output).trim();
  if (line === "") throw new Failure(`bench/${program} ended without a result`);
  return JSON.parse(line);
}

/** Starts one that serves until `stop`. Resolves once it has printed a line. */
export async function started(
  lab: string,
  program: string,
  plan: object,
): Promise<{ stop(): Promise<void> }> {
  const child = startClient(lab, pathOf(program), JSON.stringify(plan));
  const exit = once(child, "exit");
  const hasEnded = exit.then(() => {
    throw new Failure(`bench/${program} has ended at its start`);
  });
  await Promise.race([once(child.stdout, "data"), hasEnded]);
  return {
    stop: async () => {
      child.stdin.end();
      await exit;
    },
  };
}

function pathOf(program: string): string {
  return join(import.meta.dirname, "..", program);
}
