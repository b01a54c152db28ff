import * as z from "zod";
import type { Problem } from "../problem.ts";
import type { StackConfig } from "../schema/stack.ts";
import { connectionRules } from "./connections.ts";
import { destinationRules } from "./destinations.ts";
import { type Config, type Path, withoutPaths } from "./draft.ts";
import { edgeRules } from "./edge.ts";
import { egressRules, wireproxyRules } from "./egress.ts";
import { fixedRouteRules } from "./fixedRoutes.ts";
import { hostRules } from "./hosts.ts";
import { managementRules } from "./management.ts";
import { poolRules } from "./pool.ts";
import { portRules } from "./ports.ts";
import { routesRules } from "./routes.ts";
import type { Rule } from "./rule.ts";
import { targetRules } from "./targets.ts";
import { egressTimingRules, timingRules } from "./timing.ts";
import { updatesRules } from "./updates.ts";
import { vipRules } from "./vip.ts";

/** The cross-field rules. */
const rules: readonly Rule[] = [
  ...hostRules,
  ...managementRules,
  ...portRules,
  ...poolRules,
  ...targetRules,
  ...timingRules,
  ...connectionRules,
  ...destinationRules,
  ...egressRules,
  ...edgeRules,
  ...routesRules,
  ...fixedRouteRules,
  ...updatesRules,
  ...egressTimingRules,
  ...wireproxyRules,
  ...vipRules,
  unsafeStrings,
];

/** Runs every rule, also where the schema has found problems (`when`: by default they would not run then). */
export const checkRules = z.core._check<StackConfig>(runRules, { when: () => true });

function runRules(payload: z.core.ParsePayload<StackConfig>): void {
  const broken = payload.issues.filter((issue) => issue.code !== "unrecognized_keys");
  const config = withoutPaths(
    payload.value,
    broken.map((issue) => issue.path ?? []),
  ) as Config;
  for (const { path, message } of rules.flatMap((rule) => [...rule(config)])) {
    payload.issues.push({ code: "custom", path: [...path], message, input: payload.value });
  }
}

/** Keys whose text goes only into JSON files, which escape it, or is a whole file. */
const noPartOfFile = new Set<PropertyKey>(["ca"]);

/** Templates do not escape: characters that could end a quoted word or a line are refused here. */
function* unsafeStrings(value: unknown, path: Path = []): Iterable<Problem> {
  if (typeof value === "string") {
    if (/[\p{Cc}"'`\\]/u.test(value))
      yield { path, message: "has a control character, quote, backslash or newline: remove it" };
  } else if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) yield* unsafeStrings(item, [...path, index]);
  } else if (typeof value === "object" && value !== null) {
    for (const [key, item] of Object.entries(value))
      if (!noPartOfFile.has(key)) yield* unsafeStrings(item, [...path, key]);
  }
}
