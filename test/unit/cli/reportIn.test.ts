import { expect, test } from "vitest";
import { reportIn } from "../../../cli/hosts/ask.ts";

const report = {
  host: "haproxy1",
  bundle: { live: null, since: null, previous: [] },
  unfinished: null,
  edited: [],
  units: [],
  node: null,
  pool: null,
};
const line = JSON.stringify(report);
const answer = (stdout: string, failure?: string, stderr = "") => reportIn({ stdout, stderr, failure });

test("a host's report is read", () => {
  expect(answer(line)).toMatchObject({ report: { host: "haproxy1" } });
});

test.for<[string, ReturnType<typeof answer>, string]>([
  [
    "a login banner before the report",
    answer(`Welcome to haproxy1\n${line}`),
    `its shell prints "Welcome to haproxy1" before the status: let its start files`,
  ],
  ["a banner alone", answer("maintenance\u001b[31m today"), `it prints "maintenance\\u001b[31m today"`],
  ["no word", answer(""), "in place of its status it prints nothing"],
  ["JSON of another kind", answer("{}"), "its status has another format than this program's"],
  ["a number", answer("42"), "its status has another format"],
  [
    "a failed command with its words",
    answer("", "Process exited with status 127", "sudo: hapair: command not found\n"),
    `"sudo: hapair: command not found"`,
  ],
  [
    "a failed command without words",
    answer("", "Process exited with status 1"),
    "hapair status: Process exited with status 1",
  ],
])("%s is no report, and the host's words are told in one line", ([, told, words]) => {
  expect(told.report).toBeUndefined();
  expect(told.trouble).toContain(words);
  expect(told.trouble).not.toContain("\n");
});

test("what a host reports is shown, and a terminal obeys none of it", () => {
  const hostile = { ...report, edited: ["etc/\u001b]0;x\u0007\u202e"], full: ["a\u009b2Jb"] };
  expect(answer(JSON.stringify(hostile)).report).toMatchObject({
    edited: ["etc/\\u{1b}]0;x\\u{7}\\u{202e}"],
    full: ["a\\u{9b}2Jb"],
  });
  for (const words of ["\u202e\u009b", JSON.stringify({ host: 5, ["\u202e".repeat(9000)]: 1 })]) {
    const { trouble = "" } = answer(words);
    expect(trouble).not.toMatch(/\p{C}/u);
    expect(trouble.length).toBeLessThan(1100);
  }
});

test("a report that JavaScript cannot compare is none", () => {
  expect(answer(JSON.stringify({ ...report, host: { length: { toString: 1 } } })).trouble).toContain(
    "its status has a key toString",
  );
});

test("endless words are cut", () => {
  expect(answer("x".repeat(10_000)).trouble?.length).toBeLessThan(300);
});
