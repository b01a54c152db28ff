import { mustRun } from "./mustRun.ts";
import type { System } from "./system.ts";

/** The kernel asks three times, a second apart. */
const answerMs = 4000;
const everyMs = 100;

/**
 * The hardware address of another machine that answers for an IPv4 address in time; undefined where none does, where this
 * host has it, or where it is beyond a router. A fresh entry of the neighbour table makes the kernel ask by ARP. Throws
 * where it cannot ask.
 */
export async function answeringMachine(
  host: System,
  address: string,
  withinMs = answerMs,
): Promise<string | undefined> {
  const route = await mustRun(host, "ip", ["-o", "-4", "route", "get", address]);
  const device = / dev (\S+)/.exec(route)?.[1];
  if (device === undefined || /^local | via /.test(route)) return undefined;
  const entry = ["to", address, "dev", device];
  await host.run("ip", ["neighbour", "flush", ...entry]);
  await mustRun(host, "ip", ["neighbour", "replace", address, "dev", device, "use", "nud", "none"]);
  for (let left = withinMs; left > 0; left -= everyMs) {
    const shown = await mustRun(host, "ip", ["neighbour", "show", ...entry]);
    const hardware = / lladdr (\S+)/.exec(shown)?.[1];
    if (hardware !== undefined) return hardware;
    if (shown.includes("FAILED")) return undefined;
    await host.pause(everyMs);
  }
  return undefined;
}
