import { join } from "node:path";
import { readIfThere } from "../../base/files.ts";
import { type ListenerProcess, takenPorts, type Wanted } from "../../base/listeners.ts";
import { mustRun } from "../host/mustRun.ts";
import type { Candidate } from "./service.ts";

/**
 * A sentence for each port that another program listens on. What the bundle's own units listen on is free: they stop or
 * reload. A process counts by the unit that it runs in, as its name may be anybody's.
 */
export async function portsComplaint(
  { host, units = [] }: Candidate,
  wanted: readonly Wanted[],
): Promise<string | undefined> {
  if (wanted.length === 0) return undefined;
  const isOwn = ({ pid }: ListenerProcess): boolean => {
    const groups = (readIfThere(join(host.root, "proc", pid, "cgroup")) ?? "").split(/[/\n]/);
    return units.some((unit) => groups.includes(unit));
  };
  const taken = takenPorts(wanted, await mustRun(host, "ss", ["-Hltnp"]), isOwn);
  return taken.length > 0 ? taken.join("\n") : undefined;
}

/** Several complaints as one; undefined where there is none. */
export function allOf(complaints: readonly (string | undefined)[]): string | undefined {
  const found = complaints.filter((complaint) => complaint !== undefined);
  return found.length > 0 ? found.join("\n") : undefined;
}
