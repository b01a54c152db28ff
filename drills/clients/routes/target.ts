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

/** Starts the target of the drills' routes. @returns what ends it */
export function startTarget(pair: DrilledPair): Promise<() => Promise<void>> {
  return startTargetAt(pair.lab, { address: edgeOf(pair).app, port });
}

interface TargetPlace {
  readonly address: string;
  readonly port: number;
  /** Path of the program, which gets both as words, and ends when its stdin ends. */
  readonly program?: string;
}

/** Starts a target on the application server. @returns what ends it @throws Failure where it does not start */
export async function startTargetAt(
  lab: string,
  { address, port, program = join(import.meta.dirname, "targetProgram.ts") }: TargetPlace,
): Promise<() => Promise<void>> {
  const child = startClient(lab, program, "", { words: [address, String(port)] });
  const exit = once(child, "exit");
  const died = exit.then(() => {
    throw new Failure(`the target of routes at ${address}:${port} does not start`);
  });
  died.catch(() => undefined);
  await Promise.race([once(child.stdout, "data"), died]);
  return async () => {
    child.stdin.end();
    await exit;
  };
}
