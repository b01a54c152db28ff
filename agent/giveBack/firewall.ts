import { statSync } from "node:fs";
import { join } from "node:path";
import type { System } from "../host/system.ts";

const programs = ["iptables", "ip6tables"] as const;
type Program = (typeof programs)[number];

/** Whether ufw's rules are loaded. */
export async function ufwIsLoaded(host: System): Promise<boolean> {
  return /^:ufw-user-input /m.test(await savedFilter(host, "iptables"));
}

/**
 * Unloads what the live bundle's ufw has loaded, so that the host accepts everything. `ufw-init stop` leaves empty chains
 * behind, and what `before.init` adds to other tables. Throws with the reason.
 */
export async function unloadUfw(host: System): Promise<void> {
  const init = "/etc/ufw/before.init";
  // As ufw itself: a script that is not executable is not in use.
  const mode = statSync(join(host.root, init), { throwIfNoEntry: false })?.mode ?? 0;
  if ((mode & 0o111) !== 0) await orThrow(host, init, ["flush-all"]);
  await orThrow(host, "/usr/lib/ufw/ufw-init", ["force-stop"]);
  for (const program of programs) {
    const script = removalOf(await savedFilter(host, program));
    if (script !== undefined) await orThrow(host, `${program}-restore`, ["--noflush"], script);
  }
}

/** Loads ufw's rules where they were loaded and no unit has done so: `ufw enable` alone does not start the unit. */
export async function reloadUfw(host: System, wasLoaded: boolean | undefined): Promise<void> {
  if (wasLoaded && !(await ufwIsLoaded(host))) await orThrow(host, "/usr/lib/ufw/ufw-init", ["start"]);
}

/** Input of iptables-restore that removes ufw's chains from what iptables-save shows; undefined where there are none. */
export function removalOf(saved: string): string | undefined {
  const lines = saved.split("\n");
  const chains = lines.flatMap((line) => /^:(ufw6?-\S+) /.exec(line)?.[1] ?? []);
  if (chains.length === 0) return undefined;
  const jumps = lines.filter((line) => /^-A (?:INPUT|OUTPUT|FORWARD) -j ufw6?-/.test(line));
  return [
    "*filter",
    ...jumps.map((line) => line.replace(/^-A/, "-D")),
    ...chains.map((chain) => `-F ${chain}`),
    ...chains.map((chain) => `-X ${chain}`),
    "COMMIT\n",
  ].join("\n");
}

async function savedFilter(host: System, program: Program): Promise<string> {
  return (await host.run(`${program}-save`, ["-t", "filter"])).stdout;
}

async function orThrow(
  host: System,
  program: string,
  args: readonly string[],
  input?: string,
): Promise<void> {
  const { status, stdout, stderr } = await host.run(program, args, input === undefined ? {} : { input });
  if (status !== 0)
    throw new Error(`${program} ${args.join(" ")}: ${stderr.trim() || stdout.trim() || `status ${status}`}`);
}
