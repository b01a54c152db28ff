import fc from "fast-check";
import { changed } from "./changes.ts";
import { edited } from "./edits.ts";
import { awkwardText } from "./values.ts";

/** Texts in the place of a JSON document: its own with other values, with edits, cut off, and what is none. */

const pieces = [
  ...[
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    '"',
    "\\",
    "\\u0000",
    "\\ud800",
    "null",
    "1e999",
    "-0",
    "\n",
    "NaN",
    "//",
    "\u0000",
  ],
  ...[
    '"__proto__":{"x":1},',
    '"a":1,"a":2,',
    "[".repeat(5000),
    '{"a":'.repeat(5000),
    `"${"x".repeat(100_000)}"`,
  ],
];

/** @param good a document that JSON has */
export function hostileJson(good: unknown): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 6, arbitrary: changed(good).map((document) => JSON.stringify(document) ?? "") },
    { weight: 4, arbitrary: edited(JSON.stringify(good), pieces) },
    { weight: 1, arbitrary: awkwardText },
    { weight: 1, arbitrary: fc.json({ maxDepth: 5 }) },
  );
}
