import fc from "fast-check";

/** Values of every type that JSON and YAML have, with what programs trip over: extreme numbers, Unicode, names of objects, sizes. */

const numbers = fc.oneof(
  fc.constantFrom(
    0,
    -0,
    -1,
    0.1,
    1e-7,
    65535,
    65536,
    2 ** 31 - 1,
    2 ** 31,
    2 ** 32,
    2 ** 53,
    2 ** 63,
    1e21,
    1e308,
  ),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);

/** Names that every object has, or that JavaScript treats in a way of its own. */
const objectNames = [
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "hasOwnProperty",
  "length",
  "then",
  "toJSON",
];

/** Ends of lines, quotes and signs that are syntax in a file or a shell, and characters that are not what they look like. */
const awkwardTexts = [
  ...[
    "",
    " ",
    "\t",
    "\n",
    "\r\n",
    "\u0000",
    "\u001b[31m",
    "\u0085",
    "\u2028",
    "\u202e",
    "\u200b",
    "\ufeff",
    "\ud800",
  ],
  ...[
    "'",
    '"',
    "`",
    "\\",
    "$(id)",
    "\u0024{x}",
    "%n",
    "%00",
    "#",
    ";",
    "|",
    "{{ x }}",
    "{% raw %}",
    "--",
    "-o",
    "..",
    "/",
    "~",
  ],
  ...[
    "null",
    "true",
    "yes",
    "~",
    "0x1F",
    "1e3",
    "08",
    "1_000",
    "2026-01-01",
    "[",
    "{",
    "*a",
    "&a",
    "!!str",
    "<<",
    "?",
  ],
  ...["é", "e\u0301", "ß", "İ", "ﬀ", "١٢٣", "１２", "🏳️‍🌈", "а", "мир", "日本", "\u{10ffff}"],
  ...[
    "10.0.1.20",
    "10.0.1",
    "010.0.1.20",
    "0x0a.0.1.20",
    "::1",
    "10.0.1.0/24",
    "10.0.1.0/024",
    "256.0.0.1",
    "localhost",
  ],
];

/** Text that stands where a name, an address or a path is expected. */
export const awkwardText = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...awkwardTexts) },
  { weight: 2, arbitrary: fc.string({ unit: "binary", maxLength: 20 }) },
  { weight: 2, arbitrary: fc.string({ unit: "grapheme", maxLength: 20 }) },
  {
    weight: 1,
    arbitrary: fc.array(fc.constantFrom(...awkwardTexts), { maxLength: 5 }).map((parts) => parts.join("")),
  },
  // Sizes: a name of 100 kB, and one beyond what a file name or a line may have.
  {
    weight: 1,
    arbitrary: fc
      .tuple(
        fc.constantFrom("a", "é", "9", ".", "-", "a.", "\ud83d"),
        fc.constantFrom(64, 256, 5000, 100_000),
      )
      .map(([unit, times]) => unit.repeat(times)),
  },
);

export const keys = fc.oneof(fc.constantFrom(...objectNames), awkwardText);

/** An object whose keys may be any, `__proto__` included. */
function section(entries: readonly (readonly [string, unknown])[]): object {
  const made = {};
  for (const [key, value] of entries)
    Object.defineProperty(made, key, { value, enumerable: true, configurable: true, writable: true });
  return made;
}

function nested(levels: number, inner: unknown, asList: boolean): unknown {
  let value = inner;
  for (let level = 0; level < levels; level += 1) value = asList ? [value] : { a: value };
  return value;
}

const scalars = fc.oneof(awkwardText, numbers, fc.constantFrom(null, true, false));
/** A long list of them is still no more than a file of a person. */
const shortScalars = scalars.map((value) => (typeof value === "string" ? value.slice(0, 32) : value));

/** A value of any type, also long lists and what is deeply nested. */
export const awkwardValue: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 6, arbitrary: scalars },
  { weight: 1, arbitrary: fc.array(scalars, { maxLength: 4 }) },
  { weight: 1, arbitrary: fc.array(fc.tuple(keys, scalars), { maxLength: 4 }).map(section) },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 4 }) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom(5, 45, 60, 3000), scalars, fc.boolean())
      .map(([levels, inner, asList]) => nested(levels, inner, asList)),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom(40, 300, 3000), shortScalars)
      .map(([count, item]) => Array.from({ length: count }, () => item)),
  },
);
