import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { waitFor } from "../../base/waitFor.ts";
import { nowMs } from "../time.ts";

export interface AddressWatch {
  stop(): void;
}

/**
 * Reports when `address` is added to or removed from the network namespace of process `pid`. The kernel notifies of
 * each change: polling would miss a short overlap. Resolves once the current state has been reported.
 * @param report `atMs` on the monotonic clock
 */
export async function watchAddress(
  pid: number,
  address: string,
  report: (assigned: boolean, atMs: number) => void,
): Promise<AddressWatch> {
  const inside = ["-t", String(pid), "-n"];
  const env = { ...process.env, TZ: "UTC" };
  const monitor = spawn("nsenter", [...inside, "ip", "-ts", "-o", "-4", "monitor", "address"], {
    stdio: ["ignore", "pipe", "ignore"],
    env,
  });
  createInterface({ input: monitor.stdout }).on("line", (line) => {
    const seen = parseAddressLine(line);
    if (seen?.address === address) report(seen.assigned, nowMs() - (Date.now() - seen.unixMs));
  });
  await listening(monitor);
  const now = execFileSync("nsenter", [...inside, "ip", "-o", "-4", "address"], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  report(
    now.split(/\s+/).some((word) => word.split("/")[0] === address),
    nowMs(),
  );
  return { stop: () => monitor.kill("SIGKILL") };
}

/** A line of `ip -ts -o -4 monitor address`; undefined for any other. */
export function parseAddressLine(
  line: string,
): { readonly address: string; readonly assigned: boolean; readonly unixMs: number } | undefined {
  const match = /^\[([^\]]+)\] (Deleted )?\d+: \S+\s+inet ([\d.]+)/.exec(line);
  const [, stamp, deleted, address] = match ?? [];
  if (stamp === undefined || address === undefined) return undefined;
  // A Date has no microseconds.
  const microseconds = Number(/\.\d{3}(\d{3})$/.exec(stamp)?.[1] ?? 0);
  return { address, assigned: deleted === undefined, unixMs: Date.parse(`${stamp}Z`) + microseconds / 1000 };
}

/** Waits until the kernel lists the process as a listener: it is not notified of earlier changes. */
async function listening(monitor: ChildProcess): Promise<void> {
  const state = await waitFor(5000, () => (monitor.exitCode === null ? listens(monitor) : "ended"), {
    everyMs: 2,
  });
  if (state !== "listens") throw new Error("ip monitor does not begin to listen");
}

function listens(monitor: ChildProcess): "listens" | undefined {
  const sockets = readFileSync(`/proc/${monitor.pid}/net/netlink`, "utf8").split("\n");
  const groups = sockets
    .map((line) => line.trim().split(/\s+/))
    .find(([, , pid]) => pid === String(monitor.pid));
  return groups && Number.parseInt(groups[3] ?? "0", 16) !== 0 ? "listens" : undefined;
}
