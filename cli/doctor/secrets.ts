import { ConfigError } from "../../topology/problem.ts";
import { parseSecrets, splitSecrets } from "../../topology/secrets/givenSecrets.ts";
import type { Topology } from "../../topology/topology.ts";
import { type Finding, later, wrong } from "./finding.ts";

/**
 * What a stack's secrets lack, as far as that is seen without decrypting them. Pure.
 * @param config its plain config
 */
export function secretFindings(
  topology: Topology,
  config: Readonly<Record<string, unknown>>,
): readonly Finding[] {
  const { secrets } = splitSecrets(config);
  if (Object.values(secrets).some((section) => section !== undefined))
    return [
      later("the config's secrets are decrypted and checked by the roll-out, before it changes anything"),
    ];
  try {
    parseSecrets(topology, secrets);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map(wrong);
    throw error;
  }
}
