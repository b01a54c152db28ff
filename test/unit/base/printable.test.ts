import { expect, test } from "vitest";
import { printable, shortened } from "../../../base/printable.ts";
import { hasUnusableKey } from "../../../base/unusableKey.ts";

test.each([
  ["plain: é 日本 €\nsecond line", "plain: é 日本 €\nsecond line"],
  ["\u001b[31mred\u0007", "\\u{1b}[31mred\\u{7}"],
  ["a\r\nb\tc\u0000\u009b", "a\\u{d}\nb\\u{9}c\\u{0}\\u{9b}"],
  [
    "\u202eright to left\u200b\u2028\ufeff\ud800",
    "\\u{202e}right to left\\u{200b}\\u{2028}\\u{feff}\\u{d800}",
  ],
])("%j is shown as %j", (text, shown) => {
  expect(printable(text)).toBe(shown);
});

test("a long text keeps its beginning and its end", () => {
  expect(shortened("0123456789", 10)).toBe("0123456789");
  expect(shortened("0123456789x", 4)).toBe("01…9x");
});

test("a key toString is found anywhere in a document, however deep it is, and nowhere else", () => {
  const deep = "[".repeat(200_000) + "]".repeat(200_000);
  expect(hasUnusableKey(JSON.parse(deep))).toBe(false);
  expect(hasUnusableKey(JSON.parse('[1,{"a":[{"__proto__":{"toString":null}}]}]'))).toBe(true);
  for (const value of [null, "toString", 5, ["toString"], { valueOf: 1, constructor: "toString" }])
    expect(hasUnusableKey(value)).toBe(false);
});
