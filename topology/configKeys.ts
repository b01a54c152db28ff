import { distance } from "fastest-levenshtein";
import { hasUnusableKey, unusableKeyWords } from "../base/unusableKey.ts";
import { ConfigError, formatPath } from "./problem.ts";
import { deepest } from "./yaml/syntax.ts";

/** Up to so many typing errors a namespace counts as the project's, misspelt. */
const typingErrors = 2;

/**
 * The project's entries of a stack's config, by name without the namespace. Entries of another namespace, such as
 * `pulumi:tags`, belong to the engine or a provider. An entry whose namespace is nearly the project's keeps its whole
 * key, so that the schema reports it: a misspelt namespace would otherwise be ignored in silence.
 */
function ownEntries<Value>(
  project: string,
  entries: readonly (readonly [key: string, value: Value])[],
): readonly (readonly [name: string, value: Value])[] {
  return entries.flatMap(([key, value]) => {
    const name = ownName(project, key);
    return name === undefined ? [] : [[name, value] as const];
  });
}

function ownName(project: string, key: string): string | undefined {
  const colon = key.indexOf(":");
  const namespace = key.slice(0, Math.max(colon, 0));
  if (colon < 0 || namespace === project) return key.slice(colon + 1);
  return distance(namespace, project) <= typingErrors ? key : undefined;
}

/**
 * The keys of a project's config without their namespace. The engine hands objects over as JSON, and a file may have
 * them so.
 * @throws ConfigError for what is nested too deeply, or has a key, that cannot be worked on
 */
export function configValues(
  project: string,
  entries: readonly (readonly [key: string, value: unknown])[],
): Record<string, unknown> {
  const values = ownEntries(project, entries).map(([name, value]) => [name, parsed(value)] as const);
  const deep = values.filter(([, value]) => isDeeperThan(deepest, value));
  if (deep.length > 0)
    throw new ConfigError(
      deep.map(([name]) => `${formatPath([name])}: is nested deeper than ${deepest} levels: make it flatter`),
    );
  const unusable = values.filter(([, value]) => hasUnusableKey(value));
  if (unusable.length > 0)
    throw new ConfigError(unusable.map(([name]) => `${formatPath([name])}: ${unusableKeyWords}`));
  return Object.fromEntries(values);
}

/** A text that begins like JSON may not be JSON. It is kept then: a parser's error would quote it, perhaps a secret. */
function parsed(value: unknown): unknown {
  if (typeof value !== "string" || !/^[[{]/.test(value)) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

function isDeeperThan(levels: number, value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return levels === 0 || Object.values(value).some((member) => isDeeperThan(levels - 1, member));
}
