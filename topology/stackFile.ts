import * as z from "zod";
import { ConfigError, formatPath } from "./problem.ts";
import { readYaml } from "./yaml/readYaml.ts";

const StackFile = z.looseObject({
  encryptionsalt: z.optional(z.string()),
  config: z.nullish(z.record(z.string(), z.unknown())).transform((config) => config ?? {}),
});
/** A `Pulumi.<stack>.yaml`; the Pulumi CLI has further keys in it. */
export type StackFile = z.output<typeof StackFile>;

/**
 * A stack's config file, as both this program and the Pulumi CLI read it.
 * @param path for messages
 * @throws ConfigError with every problem; for what is not YAML, or could be read in two ways, with its line and column
 */
export function parseStackFile(path: string, bytes: Uint8Array): StackFile {
  const { value, problems } = readYaml(bytes);
  if (problems.length > 0) throw new ConfigError(problems.map((problem) => `${path}:${problem}`));
  const result = StackFile.safeParse(value ?? {});
  if (!result.success)
    throw new ConfigError(
      result.error.issues.map(({ path: key, message }) =>
        [path, formatPath(key), message].filter(Boolean).join(": "),
      ),
    );
  const twins = sameKeys(Object.keys(result.data.config));
  if (twins.length > 0) throw new ConfigError(twins.map((problem) => `${path}: ${problem}`));
  return result.data;
}

/** The Pulumi CLI takes `target`, `hapair:target` and `hapair:config:target` for one key, and any of their values. */
function sameKeys(keys: readonly string[]): readonly string[] {
  const first = new Map<string, string>();
  return keys.flatMap((key) => {
    const name = key.replace(/^hapair:(config:)?/, "");
    const other = first.get(name);
    if (other !== undefined)
      return [
        `config has both ${formatPath([other])} and ${formatPath([key])}, which are one key: remove one`,
      ];
    first.set(name, key);
    return [];
  });
}
