import { ownEntries } from "../topology/ownEntries.ts";

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
