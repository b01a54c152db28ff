import { expect, test } from "vitest";
import { heldBack } from "../../../cli/targets/ec2/heldBack.ts";

const pair = (...names: string[]) => ({ nodes: names.map((name) => ({ name, address: "", priority: 1 })) });
const pairs = [pair("a1", "a2"), pair("b1", "b2", "b3")];

test("of a pair whose instances are all replaced, the node that holds the address is replaced in a second run", () => {
  const all = ["a1", "a2", "b1", "b2", "b3", "db1"];
  expect(heldBack(pairs, all, ["a2", "b3"])).toEqual(["a2", "b3"]);
});

test("where no node says that it is the holder, the first one is replaced last", () => {
  expect(heldBack(pairs, ["a1", "a2"], [])).toEqual(["a1"]);
});

test("a pair that keeps an instance, or all of them, needs no second run", () => {
  expect(heldBack(pairs, ["b1", "b2"], ["b1"])).toEqual([]);
  expect(heldBack(pairs, ["db1"], ["a1"])).toEqual([]);
  expect(heldBack(pairs, [], ["a1"])).toEqual([]);
});
