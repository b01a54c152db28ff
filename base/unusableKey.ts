/**
 * Whether an object somewhere in a document has a key `toString`. JavaScript calls what is there wherever the object is
 * compared or put into a text, as the schemas do with the `length` of what should be a text: that throws a TypeError.
 */
export function hasUnusableKey(document: unknown): boolean {
  // A list in place of recursion: a document may be nested deeper than the stack.
  const left = [document];
  while (left.length > 0) {
    const value = left.pop();
    if (typeof value !== "object" || value === null) continue;
    if (Object.hasOwn(value, "toString")) return true;
    for (const part of Object.values(value)) left.push(part);
  }
  return false;
}

/** What to do about it, after the words of what has it. */
export const unusableKeyWords = "has a key toString, which no key can be called: rename or remove it";
