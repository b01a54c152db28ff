import { readFileSync } from "node:fs";
import { join } from "node:path";
import { shellWord } from "../../../base/commands.ts";
import { packagesOf } from "../../../render/roles/roles.ts";
import type { Host } from "../../../topology/hosts.ts";

const script = readFileSync(join(import.meta.dirname, "packages.sh"), "utf8");

/** Longer than apt may wait for its lock and download. */
const deadlineS = 1500;

/** A line for the shell of a login that is root, and then may have no sudo, or that has sudo. */
export function asRoot(...command: readonly string[]): string {
  const script = 'if [ "$(id -u)" = 0 ]; then exec "$@"; else exec sudo -n "$@"; fi';
  return ["sh", "-c", script, "sh", ...command].map(shellWord).join(" ");
}

/** A command for a host's shell, and its input: installs what the host's role needs. */
export function packagesCommand(host: Host): { readonly command: string; readonly stdin: string } {
  const packages = [...new Set(["sudo", ...packagesOf(host)])].sort();
  const install = ["timeout", "--kill-after=60", String(deadlineS), "sh", "-u", "-s", "--", ...packages];
  return { command: asRoot(...install), stdin: script };
}
