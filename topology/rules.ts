import * as z from "zod";
import { withoutPaths } from "./draft.ts";
import { egressRules } from "./rules/egress.ts";
import { egressTimingRules } from "./rules/egressTiming.ts";
import { hostRules } from "./rules/hosts.ts";
import { labRules } from "./rules/lab.ts";
import { portRules } from "./rules/ports.ts";
import type { Config, Rule } from "./rules/rule.ts";
import { timingRules } from "./rules/timing.ts";
import { unsafeStrings } from "./rules/unsafeStrings.ts";
import { wireproxyRules } from "./rules/wireproxy.ts";
import type { StackConfig } from "./schema.ts";

/** The cross-field rules, each a promise about the config. */
const rules: readonly Rule[] = [
  ...hostRules,
  ...portRules,
  ...labRules,
  ...timingRules,
  ...egressRules,
  ...egressTimingRules,
  ...wireproxyRules,
  unsafeStrings,
];

/** Runs every rule, also beside the schema's own complaints (`when`: the default is to stop at those). */
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
