import { readFileSync } from "node:fs";
import { join } from "node:path";
import { shellWord } from "../../../base/commands.ts";
import { packagesOf } from "../../../render/roles/roles.ts";
import type { Host } from "../../../topology/hosts.ts";

const script = readFileSync(join(import.meta.dirname, "packages.sh"), "utf8");

/** Longer than apt may wait for its lock and download. */
const deadlineS = 1500;

/** root may have no sudo yet; every later command uses it. */
const asRoot = 'if [ "$(id -u)" = 0 ]; then exec "$@"; else exec sudo -n "$@"; fi';

/** A command for a host's shell, and its input: installs what the host's role needs. */
export function packagesCommand(host: Host): { readonly command: string; readonly stdin: string } {
  const packages = [...new Set(["sudo", ...packagesOf(host)])].sort();
  const install = ["timeout", "--kill-after=60", String(deadlineS), "sh", "-u", "-s", "--", ...packages];
  const words = ["sh", "-c", asRoot, "sh", ...install];
  return { command: words.map(shellWord).join(" "), stdin: script };
}
