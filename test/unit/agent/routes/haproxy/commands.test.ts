import fc from "fast-check";
import { expect, test } from "vitest";
import {
  changeCommands,
  commitCommands,
  generationIn,
  inLines,
  preparedVersion,
  versionCommands,
  workerIn,
} from "../../../../../agent/routes/haproxy/commands.ts";
import { MapHaproxy } from "./mapFixtures.ts";

const map = "/run/routes.map";

test("an entry that is there is set, a new one added, one that is gone deleted, and nothing else is sent", () => {
  const entries = new Map([
    ["a.test", "plain|1"],
    ["b.test", "plain|2"],
    ["c.test", "plain|3"],
  ]);
  const changes = [
    { key: "a.test", value: "plain|9" },
    { key: "b.test", value: "plain|2" },
    { key: "c.test", value: null },
    { key: "d.test", value: "plain|4" },
    { key: "e.test", value: null },
  ];
  expect(changeCommands(map, entries, changes)).toEqual([
    `set map ${map} a.test plain|9`,
    `del map ${map} c.test`,
    `add map ${map} d.test plain|4`,
  ]);
});

test("of several changes of one host the last one counts", () => {
  const changes = [
    { key: "a.test", value: "plain|1" },
    { key: "a.test", value: null },
    { key: "b.test", value: "plain|1" },
    { key: "b.test", value: "plain|2" },
  ];
  expect(changeCommands(map, new Map(), changes)).toEqual([`add map ${map} b.test plain|2`]);
});

test("after the commands haproxy has exactly the entries, whatever they were", () => {
  const key = fc.constantFrom("a.test", "b.test", "c.test");
  const value = fc.constantFrom("plain|1", "plain|2", "none||0");
  const entry = fc.tuple(key, value);
  const change = fc.record({ key, value: fc.option(value) });
  fc.assert(
    fc.property(fc.array(entry), fc.array(change), fc.boolean(), (before, changes, byVersion) => {
      const haproxy = new MapHaproxy();
      const entries = new Map(before);
      haproxy.reload(Object.fromEntries(entries));
      const after = new Map(entries);
      for (const { key, value } of changes) {
        if (value === null) after.delete(key);
        else after.set(key, value);
      }
      const version = byVersion ? preparedVersion(haproxy.answer(`prepare map ${map}`).trim()) : 0;
      const commands = byVersion
        ? [
            ...versionCommands(map, version, new Map([...after, [":gen", "g1"]])),
            ...commitCommands(map, version),
          ]
        : changeCommands(map, entries, changes);
      const answers = commands.map((command) => haproxy.answer(command).trim());
      expect(answers.slice(0, -1).join("")).toBe("");
      expect(haproxy.entries).toEqual(Object.fromEntries(after));
      expect(generationIn(haproxy.answer(`get map ${map} :gen`)).read).toBe(byVersion ? "g1" : "file");
    }),
  );
});

test("no line is longer than haproxy's buffer, each ends with the question, and nothing is lost", () => {
  const commands = Array.from(
    { length: 1000 },
    (_, index) => `add map ${map} host${index}.test plain|${"x".repeat(index)}`,
  );
  const lines = inLines(commands, "show info");
  expect(lines.flatMap((line) => line.slice(0, -1))).toEqual(commands);
  for (const line of lines) {
    expect(line.join(";").length).toBeLessThanOrEqual(12_000);
    expect(line.at(-1)).toBe("show info");
  }
  expect(inLines([], "show info")).toEqual([["show info"]]);
});

test.each(["a b", "a;b", "a\nb", "a\\b", "a#b", "a'b", "", "<<"])(
  "%j is never sent as a part of an entry",
  (word) => {
    for (const change of [
      { key: word, value: "plain|1" },
      { key: "a.test", value: word },
    ])
      expect(() => changeCommands(map, new Map(), [change])).toThrow(
        expect.objectContaining({ kind: "refused" }),
      );
    expect(() => versionCommands(map, 1, new Map([["a.test", word]]))).toThrow(/not sent to haproxy/);
  },
);

test("a generation is what the map says, and other answers are kept for the message", () => {
  const found = 'type=str, case=sensitive, found=yes, idx=tree, key=":gen", value="g1", type="str"';
  expect(generationIn(`\n\n${found}\n\n`)).toEqual({ read: "g1", others: "" });
  expect(generationIn(`entry not found.\n\n${found}\n`)).toEqual({ read: "g1", others: "entry not found." });
  expect(generationIn("type=str, case=sensitive, found=no\n")).toEqual({ read: null, others: "" });
  for (const garbage of ["", "Permission denied\n", `${found}\nUnknown command\n`])
    expect(() => generationIn(garbage)).toThrow(expect.objectContaining({ kind: "refused" }));
});

test("a worker is the process that answers", () => {
  expect(workerIn("\n\nName: HAProxy\nPid: 7\n")).toEqual({ read: 7, others: "" });
  expect(workerIn("Version number in the future.\n\nName: HAProxy\nPid: 7\n")).toEqual({
    read: 7,
    others: "Version number in the future.",
  });
  expect(() => workerIn("Permission denied\n")).toThrow(/names no process/);
});
