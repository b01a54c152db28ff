import { parseTopology } from "../../topology/parse.ts";
import { ConfigError } from "../../topology/problem.ts";
import { ec2Config, testConfig } from "../harness/testConfig.ts";

/** The test stack's config, fresh each time. */
export function labConfig(): Record<string, unknown> & { pairs: [Record<string, unknown>] } {
  const config = testConfig();
  return config as ReturnType<typeof labConfig>;
}

/** The lab's config with its one pair changed. */
export function labWithPair(
  change: Record<string, unknown>,
  rest: Record<string, unknown> = {},
): Record<string, unknown> {
  const config = labConfig();
  return { ...config, pairs: [{ ...config.pairs[0], ...change }], ...rest };
}

/** The lab's config with its egress and the first group of it changed. */
export function labWithEgress(
  group: Record<string, unknown>,
  egress: Record<string, unknown> = {},
): Record<string, unknown> {
  const { groups, ...rest } = labConfig().pairs[0].egress as { groups: Record<string, unknown>[] };
  return labWithPair({
    egress: { ...rest, groups: [{ ...groups[0], ...group }, ...groups.slice(1)], ...egress },
  });
}

/** The example on EC2 with its pair's virtual address, its section `ec2` and other parts of it changed. */
export function ec2With(
  vip: Record<string, unknown>,
  section: Record<string, unknown> = {},
  rest: Record<string, unknown> = {},
): Record<string, unknown> {
  const config = ec2Config() as { pairs: [Record<string, unknown>]; ec2: Record<string, unknown> };
  const [pair] = config.pairs;
  return {
    ...config,
    pairs: [{ ...pair, vip: { ...Object(pair.vip), ...vip } }],
    ec2: { ...config.ec2, ...section },
    ...rest,
  };
}

/** Every problem that parsing names, `[]` for a good config. */
export function problemsOf(config: unknown): readonly string[] {
  try {
    parseTopology(config);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}
