import { afterEach, beforeEach, expect, test } from "vitest";
import { openRehearsal, type Rehearsal } from "../../../../../agent/routes/haproxy/rehearsal.ts";
import { servedHaproxy } from "./mapFixtures.ts";

let bed: Awaited<ReturnType<typeof servedHaproxy>>;
let rehearse: Rehearsal;
beforeEach(async () => {
  bed = await servedHaproxy();
  rehearse = openRehearsal({ socket: bed.socket, file: bed.haproxy.file });
});
afterEach(() => bed[Symbol.asyncDispose]());

const entries = (count: number) =>
  new Map(Array.from({ length: count }, (_, index) => [`h${index}.test`, `plain|10.0.0.1|${index}`]));

test("entries that HAProxy takes are in its map neither during it nor afterwards", async () => {
  bed.stack.use(await bed.serve());
  bed.haproxy.reload({ "a.test": "plain|1" });
  const seen = new Set<string>();
  bed.haproxy.onCommand = () => seen.add(JSON.stringify(bed.haproxy.entries));
  for (const count of [1, 2, 1000]) expect(await rehearse(entries(count))).toBeNull();
  expect([...seen]).toEqual([JSON.stringify({ "a.test": "plain|1" })]);
  expect(bed.haproxy.leftOver).toBe(0);
  expect(bed.haproxy.commands.filter((command) => command.startsWith("add map "))).toHaveLength(1003);
});

test.each([1, 1000])("one of %i that HAProxy refuses is told in its words", async (count) => {
  bed.stack.use(await bed.serve());
  bed.haproxy.refuses = (command) => command.includes(` h${count - 1}.test `);
  expect(await rehearse(entries(count))).toBe("Out of memory error.");
  expect(bed.haproxy.leftOver).toBe(0);
  bed.haproxy.refuses = () => false;
  expect(await rehearse(entries(count))).toBeNull();
});

test("what several ask for at the same time is tried together, and only who has asked for what HAProxy refuses is told", async () => {
  bed.stack.use(await bed.serve());
  expect(await rehearse(entries(1))).toBeNull();
  const { haproxy } = bed;
  const words = (values: readonly string[]) =>
    Promise.all(values.map((value) => rehearse([["a.test", value]])));
  haproxy.commands.length = 0;
  expect(await words(["plain|1", "plain|2", "plain|3"])).toEqual([null, null, null]);
  expect(haproxy.commands.filter((command) => command.startsWith("add map "))).toHaveLength(3);
  expect(haproxy.commands.filter((command) => command.startsWith("clear map "))).toHaveLength(1);
  haproxy.refuses = (command) => command.endsWith(" plain|2");
  expect(await words(["plain|1", "plain|2", "plain|3"])).toEqual([null, "Out of memory error.", null]);
  expect(haproxy.leftOver).toBe(0);
});

test("another map, or another worker, is no refusal", async () => {
  bed.stack.use(await bed.serve());
  expect(await rehearse(entries(1))).toBeNull();
  const { haproxy } = bed;
  haproxy.answer(
    `prepare map ${haproxy.file};add map @2 ${haproxy.file} :gen g2;commit map @2 ${haproxy.file}`,
  );
  expect(await rehearse(entries(1))).toBeNull();
  // Two workers after one another whose maps are both of their file.
  for (let count = 0; count < 2; count += 1) {
    haproxy.reload();
    expect(await rehearse(entries(1))).toBeNull();
  }
  expect(haproxy.leftOver).toBe(0);
});

test("a HAProxy that is not there has refused nothing", async () => {
  expect(await rehearse(entries(1))).toBeNull();
});

test("a HAProxy that knows no such map refuses whatever is in it", async () => {
  bed.haproxy.answer = () => "Unknown map identifier. Please use #<id> or <file>.\n";
  bed.stack.use(await bed.serve());
  expect(await rehearse(entries(1))).toMatch(/does not read its map: .*Unknown map identifier/);
});
