import { existsSync } from "node:fs";
import { join } from "node:path";
import { Failure } from "../../base/failure.ts";
import { exitStatuses } from "../errors.ts";
import type { System } from "./system.ts";

export const addressFamilies = ["iptables", "ip6tables"] as const;
export type AddressFamily = (typeof addressFamilies)[number];

/** The filter table as `iptables-save` prints it. Throws a Failure where it cannot be seen: that is not "no rules". */
export async function savedFilter(host: System, family: AddressFamily): Promise<string> {
  const { status, stdout, stderr } = await host.run(`${family}-save`, ["-t", "filter"]);
  if (status === 0) return stdout;
  // A kernel without IPv6 has no rules for it.
  if (family === "ip6tables" && !existsSync(join(host.root, "proc/net/if_inet6"))) return "";
  throw unseen(`${family}-save -t filter`, status, stderr);
}

/** `nft list ruleset`; empty where there is no such program. Throws as `savedFilter` does. */
export async function savedRuleset(host: System): Promise<string> {
  const { status, stdout, stderr } = await host.run("nft", ["list", "ruleset"]);
  if (status === 0) return stdout;
  if (status === noProgram) return "";
  throw unseen("nft list ruleset", status, stderr);
}

/** Exit status of `run` for a program that does not exist. */
const noProgram = 127;

function unseen(command: string, status: number, stderr: string): Failure {
  const reason = stderr.trim() || `exit status ${status}`;
  return new Failure(
    `the rules that this host has now cannot be seen (${command}: ${reason}): mend that, then repeat`,
    exitStatuses.needsHuman,
  );
}

/** The policies of the built-in chains, out of what `iptables-save` prints. */
export function policiesOf(saved: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    [...saved.matchAll(/^:(INPUT|FORWARD|OUTPUT) (\w+) /gm)].map(([, chain = "", policy = ""]) => [
      chain,
      policy,
    ]),
  );
}
