import { preferredOf } from "../../agent/egress/act/preference.ts";
import { ask } from "../../agent/haproxy/runtime.ts";
import { statRows } from "../../agent/haproxy/servers.ts";
import { leaderPid } from "../../lab/machine/exec.ts";
import { poolBackend, runtimeSocket } from "../../render/paths.ts";
import { type DrilledPair, egressOf } from "../pair.ts";

/** A command of the Runtime API on a machine, and its answer; "" where it has none. @throws where no haproxy answers */
export async function askHaproxy(lab: string, machine: string, command: string): Promise<string> {
  return (await ask(haproxySocket(lab, machine), command, { timeoutMs: 1000 })).trim();
}

/** A Unix socket is reached by its file, whatever network namespace its owner lives in. */
export function haproxySocket(lab: string, machine: string): string {
  return `/proc/${leaderPid(lab, machine)}/root${runtimeSocket}`;
}

/** A backend's servers as a node's haproxy sees them (`UP`, `DOWN`, `DRAIN` …); none where it does not answer. */
export async function serverStates(
  lab: string,
  node: string,
  backend: string,
): Promise<Readonly<Record<string, string>>> {
  try {
    const rows = statRows(await askHaproxy(lab, node, "show stat"));
    return Object.fromEntries(
      rows.filter((row) => row.backend === backend).map(({ server, status }) => [server, status]),
    );
  } catch {
    return {};
  }
}

/** How many poolers a node's haproxy would send a client to; 0 where that haproxy does not answer. */
export async function poolersUp(lab: string, node: string): Promise<number> {
  const states = await serverStates(lab, node, poolBackend);
  return Object.values(states).filter((state) => state === "UP").length;
}

/** The proxy that a node's haproxy prefers; null where it has no preference. */
export async function preferredOn(pair: DrilledPair, node: string): Promise<string | null> {
  return preferredOf(await askHaproxy(pair.lab, node, `show map ${egressOf(pair).mapFile}`));
}
