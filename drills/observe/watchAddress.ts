import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { waitFor } from "../../base/waitFor.ts";
import { nowMs } from "../time.ts";

/** Whether an address is on an interface of a namespace, from now on. */
export interface AddressWatch {
  stop(): void;
}

/**
 * Tells when `address` appears in or leaves the network namespace of process `pid`, with the kernel's notice of it:
 * nothing is sampled, so that no short overlap is missed. Resolves when the first word, the present state, is said.
 */
export async function watchAddress(
  pid: number,
  address: string,
  tell: (present: boolean, atMs: number) => void,
): Promise<AddressWatch> {
  const inside = ["-t", String(pid), "-n"];
  const env = { ...process.env, TZ: "UTC" };
  const monitor = spawn("nsenter", [...inside, "ip", "-ts", "-o", "-4", "monitor", "address"], {
    stdio: ["ignore", "pipe", "ignore"],
    env,
  });
  createInterface({ input: monitor.stdout }).on("line", (line) => {
    const seen = parseAddressLine(line);
    if (seen?.address === address) tell(seen.present, nowMs() - (Date.now() - seen.unixMs));
  });
  await listening(monitor);
  const now = execFileSync("nsenter", [...inside, "ip", "-o", "-4", "address"], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  tell(
    now.split(/\s+/).some((word) => word.split("/")[0] === address),
    nowMs(),
  );
  return { stop: () => monitor.kill("SIGKILL") };
}

/** A line of `ip -ts -o -4 monitor address`; undefined for any other. */
export function parseAddressLine(
  line: string,
): { readonly address: string; readonly present: boolean; readonly unixMs: number } | undefined {
  const match = /^\[([^\]]+)\] (Deleted )?\d+: \S+\s+inet ([\d.]+)/.exec(line);
  const [, stamp, deleted, address] = match ?? [];
  if (stamp === undefined || address === undefined) return undefined;
  // A Date drops what is finer than a millisecond.
  const microseconds = Number(/\.\d{3}(\d{3})$/.exec(stamp)?.[1] ?? 0);
  return { address, present: deleted === undefined, unixMs: Date.parse(`${stamp}Z`) + microseconds / 1000 };
}

/** Waits until the kernel lists the process among those it tells of addresses: what happens before is not told. */
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
