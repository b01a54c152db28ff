import type { Problem } from "../problem.ts";
import { type Config, pairs } from "./draft.ts";
import type { Rule } from "./rule.ts";

/** Keys of a virtual address that only AWS gives a meaning. */
export const vipRules: readonly Rule[] = [keysOfEc2];

function* keysOfEc2(config: Config): Iterable<Problem> {
  if (config.target === undefined || config.target === "ec2") return;
  for (const { pair, path } of pairs(config))
    for (const key of ["mode", "elasticIp"] as const)
      if (pair.vip?.[key] !== undefined)
        yield { path: [...path, "vip", key], message: `has a meaning on the target ec2 alone: remove it` };
}
