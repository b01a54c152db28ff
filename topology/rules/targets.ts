import type { TargetKind } from "../schema/targets.ts";
import type { Config } from "./draft.ts";
import { ec2 } from "./ec2/ec2.ts";
import { existingHosts } from "./existingHosts.ts";
import { lab } from "./lab.ts";
import type { Rule, TargetRules } from "./rule.ts";
import { vagrant } from "./vagrant.ts";

const rulesByTarget: Readonly<Record<TargetKind, TargetRules>> = {
  lab,
  hosts: existingHosts,
  ec2,
  vagrant,
};

/** Without a valid target the config has these alone. */
const noTarget: TargetRules = { rules: [], hosts: () => [], addresses: () => [], loopbackPorts: () => [] };

/** What the config's target adds to the rules. */
export function targetOf({ target }: Config): TargetRules {
  return target === undefined ? noTarget : rulesByTarget[target];
}

/** The rules of the config's own target. */
export const targetRules: readonly Rule[] = [
  (config) => targetOf(config).rules.flatMap((rule) => [...rule(config)]),
];
