import { isIPv4 } from "node:net";
import type { Change } from "../../../contract/routes/change.ts";
import { targetsOf } from "../../../contract/routes/route.ts";
import { inTurns } from "../inTurns.ts";
import { RouteProblem } from "../problem.ts";
import { forbiddenTarget, type TargetRules } from "./targets.ts";

/** The IPv4 addresses of a name; rejects where there are none. */
export type AddressesOf = (name: string) => Promise<readonly string[]>;

/** How long a change waits for name servers. Every node asks again, and gives out no forbidden address. */
const patienceMs = 500;
/** Names that are asked for at once. */
const atOnce = 32;

/**
 * Rejects with a RouteProblem where a target is one that routes must not lead to. A name is allowed if any of its addresses
 * is, or if it has none yet.
 */
export async function checkTargets(
  changes: readonly Change[],
  rules: TargetRules,
  addressesOf: AddressesOf,
): Promise<void> {
  const fields = new Map<string, string>();
  for (const [place, change] of changes.entries()) {
    if (change.do === "remove") continue;
    const { target } = change.route;
    for (const [index, { url }] of targetsOf(change.route).entries()) {
      const { hostname } = new URL(url);
      const field = `changes.${place}.route.${target === undefined ? `targets.${index}.url` : "target"}`;
      if (isIPv4(hostname)) refuse(forbiddenTarget(hostname, rules), field);
      else if (!fields.has(hostname)) fields.set(hostname, field);
    }
  }
  const asked = inTurns(fields, atOnce, async ([name, field]) =>
    refuse(await forbiddenName(name, rules, addressesOf), field),
  );
  if (fields.size > 0) await withPatience(asked);
}

function refuse(problem: string | null, field: string): void {
  if (problem === null) return;
  const remedy = "another target, or allow it in the config (routes.allowedTargets)";
  throw new RouteProblem("forbidden-target", `${problem}: routes do not lead there. Use ${remedy}`, field);
}

async function forbiddenName(
  name: string,
  rules: TargetRules,
  addressesOf: AddressesOf,
): Promise<string | null> {
  // Whatever a name server says of it (RFC 6761, 6.3).
  const addresses = /(^|\.)localhost$/.test(name)
    ? ["127.0.0.1"]
    : await addressesOf(name).catch((): string[] => []);
  const problems = addresses.map((address) => forbiddenTarget(address, rules));
  const [first] = problems;
  return first == null || problems.includes(null)
    ? null
    : `${name} has an address that is not allowed: ${first}`;
}

async function withPatience(work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, patienceMs);
  });
  await Promise.race([work, patience]).finally(() => clearTimeout(timer));
}
