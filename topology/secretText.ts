/**
 * Secrets that a person sets in the stack's config, each a text at a path of its own. Problems name the place and the
 * remedy, never a value: who reads them need not be who may read it.
 */

export interface Reading<Value> {
  /** To be used only where there are no problems. */
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
 * @param input how the value gets to the command, which is printed as the remedy
 */
export function readSecret(secrets: unknown, path: readonly string[], input = ""): Reading<string> {
  const name = path.join(".");
  const set = `npm run pulumi -- config set --secret --path 'hapair:${name}'${input}`;
  const value = path.slice(1).reduce<unknown>((section, key) => new Map(members(section)).get(key), secrets);
  if (value === undefined || value === "") return { value: "", problems: [`${name}: is missing: ${set}`] };
  if (typeof value !== "string") return { value: "", problems: [`${name}: expected a string: ${set}`] };
  return { value, problems: [] };
}

/** What an object has; nothing for any other value. */
export function members(value: unknown): readonly (readonly [key: string, value: unknown])[] {
  return typeof value === "object" && value !== null ? Object.entries(value) : [];
}
