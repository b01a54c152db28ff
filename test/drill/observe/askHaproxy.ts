import { ask } from "../../../agent/haproxy/ask.ts";
import { leaderPid } from "../../../lab/leader.ts";
import { runtimeSocket } from "../../../render/paths.ts";

/** A command of the Runtime API on a machine, and its answer; "" where it has none. @throws where no haproxy answers */
export async function askHaproxy(lab: string, machine: string, command: string): Promise<string> {
  return (await ask(haproxySocket(lab, machine), command, { timeoutMs: 1000 })).trim();
}

/** A Unix socket is reached by its file, whatever network namespace its owner lives in. */
export function haproxySocket(lab: string, machine: string): string {
  return `/proc/${leaderPid(lab, machine)}/root${runtimeSocket}`;
}
