import { expect, test } from "vitest";
import { OwnCommits } from "../../../../../agent/routes/store/ownCommits.ts";

test("versions are own ones where each of them is of a commit of this node", () => {
  const own = new OwnCommits();
  own.made(3, 5);
  own.made(5, 6);
  expect(own.take(3, 6)).toBe(true);
  own.made(6, 8);
  // 9 is another node's, and somebody waits for it.
  own.made(9, 10);
  expect(own.take(6, 10)).toBe(false);
});

test("versions that are taken in parts are own ones in each, and are forgotten then", () => {
  const own = new OwnCommits();
  own.made(0, 1000);
  expect(own.take(0, 400)).toBe(true);
  expect(own.take(400, 1000)).toBe(true);
  expect(own.take(0, 1000)).toBe(false);
});

test("a version that is told again, or is lower than before, is nobody's own", () => {
  const own = new OwnCommits();
  own.made(0, 5);
  expect(own.take(5, 5)).toBe(false);
  own.made(5, 8);
  expect(own.take(8, 6)).toBe(false);
});
