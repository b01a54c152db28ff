import fc from "fast-check";
import { stringify } from "yaml";
import { changed } from "./changes.ts";
import { edited } from "./edits.ts";
import { goodConfigs } from "./goodConfigs.ts";

/** Stack files: those of hostile configs, those with edits that make YAML of another kind, and any bytes. */

/** Syntax of YAML, and what its two versions read differently. */
const pieces = [
  ...[
    "\n",
    "\r",
    "\n\n",
    " ",
    "  ",
    "\t",
    ": ",
    ":",
    "- ",
    "-",
    "? ",
    ", ",
    "[",
    "]",
    "{",
    "}",
    "#",
    " #",
    "|",
    "|-",
    ">",
    ">+2\n",
  ],
  ...[
    "&a ",
    "*a",
    "&a [*a]",
    "<<: *a\n",
    "!!binary x",
    "!<tag:x> y",
    "%YAML 1.1\n",
    "---\n",
    "...\n",
    "'",
    '"',
    "''",
    '"\\x"',
  ],
  ...[
    "~",
    "no",
    "0o17",
    "017",
    "1_000",
    "0x1F",
    ".inf",
    "-.nan",
    "2026-01-01",
    "1:30",
    "1e400",
    "\ufeff",
    "\u2028",
    "\u0085",
  ],
  ...[
    "[".repeat(60),
    "{a: ".repeat(60),
    "- ".repeat(200),
    "\n a: &x [1, 2]\n",
    "config:\n",
    "hapair:target: lab\n",
  ],
];

function textOf(config: object): string {
  const entries = Object.entries(config).map(([key, value]) => [`hapair:${key}`, value] as const);
  const file = { config: Object.fromEntries(entries) };
  try {
    return stringify(file);
  } catch {
    // The library cannot write what is nested so deeply. JSON is YAML too.
    return `${JSON.stringify(file)}\n`;
  }
}

/** By index: a config's generator is as large as the config. */
export const hostileConfigs = fc
  .integer({ min: 0, max: goodConfigs.length - 1 })
  .chain((index) => generators[index] ?? fc.constant({}))
  .map((config) => (isSection(config) ? config : { config }));

function isSection(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const generators = goodConfigs.map((config) => changed(config));

const editedTexts = fc.oneof(...goodConfigs.map((config) => edited(textOf(config), pieces)));

interface Bytes {
  readonly text: string;
  readonly encoding: "utf8" | "utf16le" | "latin1";
}

const utf8 = (text: string): Bytes => ({ text, encoding: "utf8" });

export const hostileFiles: fc.Arbitrary<Bytes> = fc.oneof(
  { weight: 8, arbitrary: editedTexts.map(utf8) },
  { weight: 2, arbitrary: hostileConfigs.map((config) => utf8(textOf(config))) },
  {
    weight: 1,
    arbitrary: fc.array(fc.constantFrom(...pieces), { maxLength: 60 }).map((all) => utf8(all.join(""))),
  },
  // Any bytes, two bytes a character, and one byte a character outside ASCII.
  {
    weight: 2,
    arbitrary: fc.record({
      text: fc.oneof(editedTexts, fc.string({ unit: "binary", maxLength: 60 })),
      encoding: fc.constantFrom("utf16le", "latin1"),
    }),
  },
);
