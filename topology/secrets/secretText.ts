/**
 * Secrets that a person sets in the stack's config, each a text at a path of its own. Problems name the path and the
 * remedy, never a value: a person who may read a problem may not be allowed to read the secret.
 */

export interface Reading<Value> {
  /** Valid only where there are no problems. */
  readonly value: Value;
  readonly problems: readonly string[];
}

/** Several readings as one, their values by key. */
export function together<Value>(
  entries: readonly (readonly [key: string, reading: Reading<Value>])[],
): Reading<Readonly<Record<string, Value>>> {
  return {
    value: Object.fromEntries(entries.map(([key, { value }]) => [key, value])),
    problems: entries.flatMap(([, { problems }]) => problems),
  };
}

/**
 * @param secrets what the stack's config has below the first part of `path`
 * @param input redirection that gives the value to the printed command
 */
export function readSecret(secrets: unknown, path: readonly string[], input = ""): Reading<string> {
  const name = path.join(".");
  const set = `npm run pulumi -- config set --secret --path 'hapair:${name}'${input}`;
  const value = path.slice(1).reduce<unknown>((section, key) => new Map(members(section)).get(key), secrets);
  if (value === undefined || value === "") return { value: "", problems: [`${name}: is missing: ${set}`] };
  if (typeof value !== "string") return { value: "", problems: [`${name}: expected a string: ${set}`] };
  return { value, problems: [] };
}

/**
 * A problem for each value below `key` whose path is not one of the `known` ones: an unused secret is only a risk.
 * @param owner what a secret below `key` belongs to
 */
export function unusedSecrets(
  secrets: unknown,
  key: string,
  known: readonly string[],
  owner: string,
): readonly string[] {
  return leaves(secrets, key)
    .filter((path) => !known.includes(path))
    .map(
      (path) =>
        `${path}: belongs to no ${owner}: remove it: npm run pulumi -- config rm --path 'hapair:${path}'`,
    );
}

/** Paths of all values below `path`, sections apart. */
function leaves(value: unknown, path: string): readonly string[] {
  if (value === undefined) return [];
  return typeof value === "object" && value !== null
    ? members(value).flatMap(([name, member]) => leaves(member, `${path}.${name}`))
    : [path];
}

/** Entries of an object; none for any other value. */
function members(value: unknown): readonly (readonly [key: string, value: unknown])[] {
  return typeof value === "object" && value !== null ? Object.entries(value) : [];
}
