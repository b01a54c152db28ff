import { distance } from "fastest-levenshtein";

/** More typing errors than this, and it is another word. */
const typingErrors = 2;

/**
 * The name of a stack's key without the project's namespace; `undefined` for a key of another namespace, such as
 * `pulumi:tags`, which is the engine's or a provider's. One whose namespace is nearly the project's keeps it: nobody
 * would miss it otherwise, and so the schema complains of it.
 */
export function ownKey(project: string, key: string): string | undefined {
  const colon = key.indexOf(":");
  const namespace = key.slice(0, Math.max(colon, 0));
  if (colon < 0 || namespace === project) return key.slice(colon + 1);
  return distance(namespace, project) <= typingErrors ? key : undefined;
}
