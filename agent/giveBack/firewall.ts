import { statSync } from "node:fs";
import { join } from "node:path";
import { mustRun } from "../host/mustRun.ts";
import { addressFamilies, policiesOf, savedFilter } from "../host/netfilter.ts";
import type { System } from "../host/system.ts";
import type { Before } from "../store/before.ts";

/** The firewall as it is now, for the record. Throws where it cannot be seen. */
export async function lookAtFirewall(
  host: System,
): Promise<{ firewall: boolean; policies: Required<Before>["policies"] }> {
  const policies = await Promise.all(
    addressFamilies.map(async (family) => [family, policiesOf(await savedFilter(host, family))] as const),
  );
  return { firewall: await ufwIsLoaded(host), policies: Object.fromEntries(policies) };
}

/** Whether ufw's rules are loaded. */
async function ufwIsLoaded(host: System): Promise<boolean> {
  return /^:ufw-user-input /m.test(await savedFilter(host, "iptables"));
}

/**
 * Unloads what the live bundle's ufw has loaded: `ufw-init stop` leaves empty chains behind, and what `before.init` adds
 * to other tables. A host on which ufw was not loaded has its earlier policies again; any other accepts everything until
 * `reloadUfw`. Throws with the reason.
 */
export async function unloadUfw(host: System, before: Before): Promise<void> {
  if (before.firewall === undefined) return;
  const init = "/etc/ufw/before.init";
  // As ufw itself: a script that is not executable is not in use.
  const mode = statSync(join(host.root, init), { throwIfNoEntry: false })?.mode ?? 0;
  if ((mode & 0o111) !== 0) await mustRun(host, init, ["flush-all"]);
  await mustRun(host, "/usr/lib/ufw/ufw-init", ["force-stop"]);
  for (const family of addressFamilies) {
    const script = removalOf(await savedFilter(host, family));
    if (script !== undefined) await mustRun(host, `${family}-restore`, ["--noflush"], { input: script });
  }
  if (!before.firewall) await restorePolicies(host, before);
}

/** Loads ufw's rules where they were loaded and no unit has done so: `ufw enable` alone does not start the unit. */
export async function reloadUfw(host: System, before: Before): Promise<void> {
  if (!before.firewall) return;
  if (!(await ufwIsLoaded(host))) await mustRun(host, "/usr/lib/ufw/ufw-init", ["start"]);
  await restorePolicies(host, before);
}

/** `ufw-init` accepts everything once it has stopped, and sets policies of its own where it starts. */
async function restorePolicies(host: System, { policies = {} }: Before): Promise<void> {
  for (const family of addressFamilies) {
    const now = policiesOf(await savedFilter(host, family));
    for (const [chain, policy] of Object.entries(policies[family] ?? {}))
      if (now[chain] !== policy) await mustRun(host, family, ["-P", chain, policy]);
  }
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
