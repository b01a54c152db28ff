import { join } from "node:path";
import { createInterface } from "node:readline";
import { Failure } from "../../../base/failure.ts";
import type { DrilledPair } from "../../pair.ts";
import { waitUntil } from "../../time.ts";
import { startClient } from "../startClient.ts";

/** Sessions of clients, half of them busy and half idle, spread over the poolers of every host. */
export interface PoolSessions {
  /** Names of the sessions through a pooler on the host with this address. */
  through(address: string): readonly string[];
  notThrough(address: string): readonly string[];
  /** When a session ended, ms on the monotonic clock; undefined for one that is open. */
  endedMs(session: string): number | undefined;
  close(): void;
}

const openWithinMs = 20_000;

/** @throws Failure where the sessions do not open */
export async function openPoolSessions(
  { lab, databaseUrl, pool }: DrilledPair,
  signal: AbortSignal,
): Promise<PoolSessions> {
  const program = join(import.meta.dirname, "sessionsProgram.ts");
  const poolers = pool.poolers.filter(({ forSessions }) => !forSessions);
  const plan = JSON.stringify({ databaseUrl, sessions: 4 * poolers.length });
  const child = startClient(lab, program, plan);
  const addresses = new Map<string, string>();
  const ends = new Map<string, number>();
  let open = false;
  let dead = false;
  child.once("exit", () => {
    dead = true;
  });
  createInterface({ input: child.stdout }).on("line", (line) => {
    const [word, name = "", value = ""] = line.split(" ");
    if (word === "open") open = true;
    if (word === "through") addresses.set(name, value);
    if (word === "ended") ends.set(name, Number(value));
  });
  const problem = () => {
    if (dead) throw new Failure("the clients with open sessions ended before the drill stopped them");
    return open ? undefined : "the clients' sessions are not open";
  };
  try {
    await waitUntil(problem, openWithinMs, signal);
  } catch (error) {
    child.stdin.end();
    throw error;
  }
  const named = (is: (address: string) => boolean) =>
    [...addresses].filter(([, address]) => is(address)).map(([name]) => name);
  return {
    through: (wanted) => named((address) => address === wanted),
    notThrough: (unwanted) => named((address) => address !== unwanted),
    endedMs: (session) => ends.get(session),
    close: () => child.stdin.end(),
  };
}
