import { isIPv4 } from "node:net";
import { entryOf, isEntry, targetOf } from "./entry.ts";
import { generationKey } from "./haproxy/commands.ts";
import type { Replayed } from "./log/replay.ts";
import { forbiddenTarget, type TargetRules } from "./writer/targets.ts";

/** A generation that the daemon never gives: it looks after each worker that began with a file. */
const ofFile = "file";

/** A new worker's map of routes, out of a node's log; each of its lines has been checked. */
export function mapFileOf({ table, addresses }: Replayed, rules: TargetRules): string {
  const lines = Array.from(table.routes.values(), (route) => {
    const { host } = targetOf(route.target);
    const address = isIPv4(host) ? host : addresses.get(host);
    const isAllowed = address !== undefined && forbiddenTarget(address, rules) === null;
    const value = entryOf(route, isAllowed ? address : null);
    return isEntry(route.host, value) ? `${route.host} ${value}\n` : "";
  });
  return [`${generationKey} ${ofFile}\n`, ...lines].join("");
}
