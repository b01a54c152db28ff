import { describe, expect, test } from "vitest";
import { parseTopology } from "../../../topology/parse.ts";
import { ConfigError } from "../../../topology/problem.ts";
import { parseSecrets, splitSecrets } from "../../../topology/secrets/givenSecrets.ts";
import { driversDiffer } from "../../../topology/secrets/saslprep.ts";
import { labConfig } from "../fixtures.ts";

const topology = parseTopology({ ...labConfig(), secrets: "config" });

function problemsOf(given: Record<string, string>): readonly string[] {
  const passwords = { pg: { database: "one", probe: "two", stats: "three", ...given } };
  try {
    parseSecrets(topology, splitSecrets({ passwords }).secrets);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

describe("a password with which one driver logs in and another does not is refused, by its key and unshown:", () => {
  test.each([
    ["a space that is replaced, and an emoji of after Unicode 3.2", "caf\u00a0\u{1F600}"],
    ["a ligature that is replaced, and a character for private use", "\uFB01\uE000"],
    ["a soft hyphen that is removed, and a mark of direction", "a\u00ad\u200e"],
    ["nothing but what is removed", "\u00ad\u200d"],
    ["a space that is replaced, and a half of a character", "\u00a0\ud800"],
    ["a letter of after Unicode 3.2, which newer drivers replace", "\u{1CCD6}"],
    [
      "letters from right to left and from left to right, and a space that is replaced",
      "\u05d0\u00a0a\u05d0",
    ],
    ["letters from right to left with a digit at the end, and a space that is replaced", "\u05d0\u00a01"],
  ])("%s", (_, password) => {
    for (const name of ["database", "probe"]) {
      const [problem, ...others] = problemsOf({ [name]: password });
      expect(others).toEqual([]);
      expect(problem).toMatch(
        new RegExp(
          `^passwords\\.pg\\.${name}: has characters that SASLprep .* prohibits .*: set one .*: npm run`,
        ),
      );
      expect(problem).not.toContain(password);
    }
    // The stats page is no database: nothing prepares its password.
    expect(problemsOf({ stats: password })).toEqual([]);
  });
});

test.each([
  ["ASCII", `'"\\:@/?#[] $(id)%41;{{}}`],
  ["letters that are written in two ways", "caf\u00e9 cafe\u0301"],
  ["spaces that are replaced, and characters that are removed", "a\u00a0b\u200bc\u00add"],
  ["signs that are replaced by others", "\u2460\ufb01\u00aa"],
  ["an emoji that nothing replaces beside it", "caf \u{1F600}"],
  ["letters from right to left alone, with a space that is replaced", "\u05d0\u00a01\u05d0"],
  ["Japanese and Chinese", "\uff76\u30bf\u30ab\u30ca\u6f22\u5b57"],
])("a password that all drivers read alike is taken: %s", (_, password) => {
  expect(driversDiffer(password)).toBe(false);
  expect(problemsOf({ database: password, probe: password })).toEqual([]);
});
