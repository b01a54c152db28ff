import type { TargetRules } from "../rule.ts";
import { accountRules } from "./account.ts";
import { addressRules } from "./addresses.ts";
import { networkRules } from "./networks.ts";
import { sourceRules } from "./sources.ts";
import { wayRules } from "./ways.ts";

/** Rules of the target `ec2`: everything that is wrong without asking AWS. */
export const ec2: TargetRules = {
  rules: [...accountRules, ...networkRules, ...addressRules, ...sourceRules, ...wayRules],
  hosts: () => [],
  addresses: () => [],
  loopbackPorts: () => [],
};
