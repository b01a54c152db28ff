import { numbersOf } from "./balanced/numbers.ts";
import { entryOf, isEntry } from "./entry.ts";
import { generationKey } from "./haproxy/commands.ts";
import { knownAddress, type Replayed } from "./log/replay.ts";
import type { TargetRules } from "./writer/targets.ts";

/** A generation that the daemon never gives: it looks after each worker that began with a file. */
const ofFile = "file";

/** A new worker's map of routes, out of a node's log; each of its lines has been checked. */
export function mapFileOf(found: Replayed, rules: TargetRules): string {
  const { routes } = found.table;
  const addressOf = knownAddress(found, rules);
  const numbers = numbersOf(routes, found.numbers);
  const lines = Array.from(routes.values(), (route) => {
    const value = entryOf(route, addressOf, numbers.get(route.host));
    return isEntry(route.host, value) ? `${route.host} ${value}\n` : "";
  });
  return [`${generationKey} ${ofFile}\n`, ...lines].join("");
}
