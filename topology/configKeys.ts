import { distance } from "fastest-levenshtein";

/** More typing errors than this, and it is another word. */
const typingErrors = 2;

/**
 * The entries of a stack's config that are the project's, by their names without its namespace. Those of another, such
 * as `pulumi:tags`, are the engine's or a provider's. One whose namespace is nearly the project's keeps it: nobody would
 * miss it otherwise, and so the schema complains of it.
 */
export function ownEntries<Value>(
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

/** The keys of a project's config without their namespace. The engine hands objects over as JSON. */
export function configValues(
  project: string,
  entries: readonly (readonly [key: string, value: string])[],
): Record<string, unknown> {
  return Object.fromEntries(ownEntries(project, entries).map(([name, value]) => [name, parsed(value)]));
}

/** A text may begin like JSON; the parser's complaint would quote it, and it may be a secret. */
function parsed(value: string): unknown {
  if (!/^[[{]/.test(value)) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}
