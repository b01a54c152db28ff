import type { Problem } from "../problem.ts";
import type { Path } from "./rule.ts";

/** Keys whose text goes into JSON files only, where nothing can end a string. */
const intoJson = new Set<PropertyKey>(["ca"]);

/** Strings reach templates as they are: what could end a quoted word or a line never gets that far. */
export function* unsafeStrings(value: unknown, path: Path = []): Iterable<Problem> {
  if (typeof value === "string") {
    if (/[\p{Cc}"'`\\]/u.test(value))
      yield { path, message: "has a control character, quote, backslash or newline: remove it" };
  } else if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) yield* unsafeStrings(item, [...path, index]);
  } else if (typeof value === "object" && value !== null) {
    for (const [key, item] of Object.entries(value))
      if (!intoJson.has(key)) yield* unsafeStrings(item, [...path, key]);
  }
}
