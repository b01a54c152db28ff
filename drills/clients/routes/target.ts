import { once } from "node:events";
import { join } from "node:path";
import { Failure } from "../../../base/failure.ts";
import { type DrilledPair, edgeOf } from "../../pair.ts";
import { startClient } from "../startClient.ts";

const port = 3000;

/** What the drills' routes lead to: a target on the application server, which is no address of the pair. */
export function targetUrl(pair: DrilledPair): string {
  return `http://${edgeOf(pair).app}:${port}`;
}

/** Starts the target. @returns what ends it @throws Failure where it does not start */
export async function startTarget(pair: DrilledPair): Promise<() => Promise<void>> {
  const plan = JSON.stringify({ address: edgeOf(pair).app, port });
  const child = startClient(pair.lab, join(import.meta.dirname, "targetProgram.ts"), plan);
  const exit = once(child, "exit");
  const stop = async () => {
    child.stdin.end();
    await exit;
  };
  const died = exit.then(() => {
    throw new Failure(`the target of the routes at ${targetUrl(pair)} does not start`);
  });
  await Promise.race([once(child.stdout, "data"), died]);
  died.catch(() => undefined);
  return stop;
}
