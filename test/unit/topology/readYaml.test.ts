import fc from "fast-check";
import { expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { readYaml } from "../../../topology/yaml/readYaml.ts";

const read = (text: string) => readYaml(Buffer.from(text));
const problemsOf = (text: string) => read(text).problems;

test("a file is read as YAML 1.2 where Go's reader agrees", () => {
  const text =
    "a: 5432\nb: '05432'\nc: 10.0.1.0/24\nd: yes\ne: 1e3\nf: 08\ng: 0x1F\nh: 1.5\ni: [no, ~, true]\nj: &x [1]\nk: *x\nl: |\n  x\n";
  expect(read(text)).toEqual({ value: parse(text), problems: [] });
});

test.for([
  ["an octal number", "a:\n  port: 05432\n", "2:9: is a number with a leading zero"],
  ["a negative octal number", "a: -017\n", "1:4: is a number with a leading zero"],
  ["an underscore in a number", "a: 4_000\n", "1:4: is a number with an underscore"],
  ["an underscore in a hexadecimal number", "a: 0x1_F\n", "1:4: is a number with an underscore"],
  ["a binary number", "a: 0b11\n", "1:4: is a number in an unusual form"],
  ["an octal number of YAML 1.2 with a sign", "a: -0o17\n", "1:4: is a number in an unusual form"],
  ["a number beyond 64 bits", "a: 0xFFFFFFFFFFFFFFFFF\n", "1:4: is a number in an unusual form"],
  ["infinity", "a: .inf\n", "1:4: is not a finite number"],
  ["a date", "a: 2026-10-01\n", "1:4: is a date to the Pulumi CLI: put it in quotes"],
  ["a date as a key", "2026-10-01: a\n", "1:1: is a date to the Pulumi CLI"],
  ["a merge", "a: &a {x: 1}\nb:\n  <<: *a\n", "3:3: is a merge to the Pulumi CLI"],
  ["a number as a key", "5: a\n", "1:1: is a key that is read as a number: put it in quotes"],
  ["a truth value as a key", "a: {true: 1}\n", "1:5: is a key that is read as a boolean"],
  ["a list as a key", "[a]: b\n", "1:1: is a key that is not a word"],
  ["an explicit key", "? a\n: b\n", "1:1: begins a key with a question mark"],
  ["a tag", "a: !!str 5\n", "1:10: has a tag"],
  ["an escape of JSON", 'a: "b\\/c"\n', "1:4: has an escape that the Pulumi CLI does not know"],
  ["half a character", 'a: "\\ud83d\\ude00"\n', "1:4: has an escape that the Pulumi CLI does not know"],
  [
    "a question mark between brackets",
    "a: [http://b/?c=d]\n",
    "1:5: has a question mark or begins with a colon",
  ],
  ["an anchor of other signs", "a: &b! c\n", "1:4: is an anchor that the Pulumi CLI does not take"],
  ["a tab", "- \ta\n", "1:2: is a tab: write a space"],
  ["a tab in the indentation", "a: b\n\t\n", "2:1: is a tab in the indentation"],
  ["a key between square brackets", 'a: ["b":c]\n', "1:4: has a key between square brackets"],
  ["a key of several lines", "a: {b\n  c: d}\n", "1:4: has a key of several lines"],
  ["a key without its colon", "a: 1\nb\n  : c\n", "1:1: has a key of several lines"],
  ["a quote that is not closed", "a: 'b''", "1:4: has no closing quote"],
  ["a double quote that is not closed", 'a: "b\\"', "1:4: has no closing quote"],
  ["a block of text without its end", "a: |\n  b", "1:4: is a block of text that ends with the file"],
  ["a directive", "%YAML 1.1\n---\na: 1\n", "1:1: is a directive"],
  ["a second document", "a: 1\n---\nb: 2\n", "2:1: begins a second document"],
  [
    "a line separator in a comment",
    "a: 1 # x\u2028b: 2\n",
    "1:9: is the character U+2028, which ends a line",
  ],
  ["a carriage return alone", "a: 1 # x\rb: 2\n", "1:9: is the character U+000D, which ends a line"],
  ["a control character", "a: 1 # \x07\n", "1:8: is the character U+0007"],
])("%s is refused with its line and column", ([, text = "", problem = ""]) => {
  expect(problemsOf(text)).toEqual([expect.stringContaining(problem)]);
});

test("a byte that is not UTF-8 is refused with its line and column, in a comment too", () => {
  const bytes = Buffer.from("a: 1 # é\nb: 2 # caf\xe9\n".replace("é", "\xc3\xa9"), "latin1");
  expect(readYaml(bytes).problems).toEqual(["2:11: is a byte that is not UTF-8: save the file as UTF-8"]);
});

test("every problem is named, and none quotes a value, which may be a secret", () => {
  const problems = [
    ...problemsOf('p: 0777\nq: &s hidden_1\nr: 1_000\ns: !hidden x\nt: *hidden\n"u": 2026-01-01\n'),
  ];
  expect(problems.map((problem) => problem.split(":")[0])).toEqual(["1", "3", "4", "5", "6"]);
  for (const text of ["a: hidden: x\n", 'a: "x" hidden\n', "a: [hidden\n", "a: @hidden\n"])
    problems.push(...problemsOf(text));
  expect(problems).toHaveLength(9);
  expect(problems.join()).not.toMatch(/hidden|0777|1_000|2026/);
});

/** Each anchor repeats the one before it nine times. */
const bomb = Array.from({ length: 10 }, (_, level) =>
  level === 0 ? "a0: &a0 [x, x]\n" : `a${level}: &a${level} [${`*a${level - 1}, `.repeat(9)}]\n`,
).join("");

test.for([
  ["an alias without its anchor", "a: *x\n", "1:4: is an alias without an anchor of its name before it"],
  [
    "an alias of what it is in",
    "a: &x [1, *x]\n",
    "1:11: is an alias of a section that it is itself a part of",
  ],
  ["aliases that repeat billions", bomb, "4:20: makes the aliases repeat more than 900 values"],
  [
    "2,500 lists in each other",
    `a: ${"[".repeat(2500)}${"]".repeat(2500)}\n`,
    "1:53: is nested deeper than 50",
  ],
  ["2,500 sections in each other", `${"- ".repeat(2500)}a\n`, "1:101: is nested deeper than 50 levels"],
])("%s end in a sentence and not in a stack trace", ([, text = "", problem = ""]) => {
  expect(problemsOf(text)).toEqual([expect.stringContaining(problem)]);
});

test("a problem in each of 40,000 lines, or 40,000 in one line, are named without a walk through the file for each", () => {
  const lines = problemsOf("- 0777\n".repeat(40_000));
  expect(lines).toHaveLength(40_000);
  expect(lines.at(-1)).toMatch(/^40000:3: /);
  expect(problemsOf(`a: [${"0777,".repeat(40_000)}]\n`).at(-1)).toMatch(/^1:200000: /);
});

test("what the library writes is read back as it was, whatever the text", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: fc.constantFrom(..."0123456789_-+.xobeE:TZ ~<") })), (words) => {
      const value = { words };
      expect(read(stringify(value, { defaultStringType: "QUOTE_DOUBLE", lineWidth: 0 }))).toEqual({
        value,
        problems: [],
      });
    }),
  );
});

test("any bytes give a value or a problem, and never an exception", () => {
  const pieces = [
    "a",
    ":",
    " ",
    "\n",
    "  ",
    "- ",
    "[",
    "]",
    "{",
    "}",
    "&a ",
    "*a",
    "|",
    ">",
    "'",
    '"',
    "#",
    "?",
    "!",
    "%",
    "\t",
    "\\",
    ",",
  ];
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...pieces), maxLength: 40 }), (text) => {
      expect(read(text).problems).toBeInstanceOf(Array);
    }),
    { numRuns: 2000 },
  );
});
