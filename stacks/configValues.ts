/** The keys of a project's config without their namespace. The engine hands objects over as JSON. */
export function configValues(
  project: string,
  entries: readonly (readonly [key: string, value: string])[],
): Record<string, unknown> {
  const namespace = `${project}:`;
  return Object.fromEntries(
    entries
      .filter(([key]) => key.startsWith(namespace))
      .map(([key, value]) => [key.slice(namespace.length), parsed(value)]),
  );
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
