import { expect, test } from "vitest";
import { configValues } from "../../../topology/configKeys.ts";
import { ConfigError, formatPath } from "../../../topology/problem.ts";
import { parseStackFile } from "../../../topology/stackFile.ts";
import { labConfig, labWithPair, problemsOf } from "../fixtures.ts";

test.each([
  [["pairs", 0, "vip"], "pairs[0].vip"],
  [["hapair:target"], "hapair:target"],
  [["ec2", "tags", "cost center"], "ec2.tags.cost center"],
  [["ec2", "tags", ""], 'ec2.tags[""]'],
  [["a\nb"], '["a\\nb"]'],
  [["x".repeat(1000), "y"], `["${"x".repeat(40)}…${"x".repeat(40)}"].y`],
])("the path %j reads as one place, whatever its keys are", (path, text) => {
  expect(formatPath(path)).toBe(text);
});

test("a problem is one line that a terminal only shows, and ends with its remedy however long a key is", () => {
  const key = `\u001b]0;x\u0007\u202e${"k".repeat(5000)}`;
  const [problem = ""] = problemsOf({ ...labConfig(), [key]: 1 });
  expect(problem).toMatch(/^\["\\u001b\]0;x\\u0007\\u\{202e\}k+…k+"\]: unknown key; known keys: .*updates$/);
  expect(problem).not.toMatch(/[^\P{C}\n]/u);
});

test("a list of the wrong kind has as many problems as items, of which a person gets the first hundred", () => {
  const wrong = { ...labConfig(), pairs: Array.from({ length: 3000 }, () => 5) };
  const { length } = problemsOf(wrong);
  expect(length).toBeGreaterThanOrEqual(3000);
  const { message } = new ConfigError(problemsOf(wrong));
  expect(message.split("\n")).toHaveLength(102);
  expect(message).toContain(`${length} problems:`);
  expect(message).toMatch(new RegExp(`… and ${length - 100} more: correct these first$`));
});

test("a key of a pool that has the name of what every object has is unknown, and has not moved anywhere", () => {
  const pool = JSON.parse(
    '{ "machines": [{ "name": "db1", "address": "10.0.1.30" }], "__proto__": {}, "constructor": 1 }',
  );
  const problems = problemsOf(labWithPair({ pool }));
  expect(problems).toContainEqual(
    expect.stringMatching(/^pairs\[0\]\.pool\.__proto__: unknown key; known keys: on, /),
  );
  expect(problems.join()).not.toMatch(/\[object|native code/);
});

test("what a pair without a good name has to do about its passwords is said in words", () => {
  const external = { address: "10.0.1.60" };
  const pool = { on: "nodes", database: { external } };
  const problems = problemsOf(labWithPair({ name: 5, pool, edge: {}, routes: { database: external } }));
  expect(problems.join("\n")).toMatch(/secret passwords\.PAIR\.database$/m);
  expect(problems.join("\n")).toMatch(/secret routes\.PAIR\.database$/m);
  expect(problems.join("\n")).not.toContain("undefined");
});

test.each(["pairs", "passwords"])(
  "a section in %s that JavaScript cannot compare is refused by its key",
  (key) => {
    const section = [{ name: { length: { toString: 1 } } }];
    expect(() => configValues("hapair", [[`hapair:${key}`, section]])).toThrow(
      `${key}: has a key toString, which no key can be called: rename or remove it`,
    );
  },
);

test("two spellings of one key are named in one line, whatever the key is", () => {
  const file = Buffer.from('config:\n  "a\\nb": 1\n  "hapair:a\\nb": 2\n');
  expect(() => parseStackFile("file", file)).toThrow('file: config has both ["a\\nb"] and ["hapair:a\\nb"]');
});
