import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root } from "../../../cli/session/home.ts";
import { isKindName } from "../../../drills/budgets.ts";
import { pages } from "./pages.ts";

/** The page that says which test shows what. */
const rows = (pages.find(({ path }) => path === "docs/proofs.md")?.text ?? "")
  .split("\n")
  .filter((line) => /^\| (?!promise |---)/.test(line));

test("each test that is named as a proof is in that file", () => {
  const named = rows.flatMap((row) =>
    // A file may have several of them.
    [...row.matchAll(/\]\(\.\.\/([^)]+)\)((?:,? "[^"]+")+)/g)].flatMap(([, file = "", titles = ""]) =>
      [...titles.matchAll(/"([^"]+)"/g)].map(([, title = ""]) => ({ file, title })),
    ),
  );
  expect(named.length).toBeGreaterThan(30);
  const missing = named.filter(
    ({ file, title }) => !readFileSync(join(root, file), "utf8").includes(JSON.stringify(title)),
  );
  expect(missing).toEqual([]);
});

test("each drill that is named as a proof is one, and each promise has a proof", () => {
  const drills = rows.flatMap((row) => [...row.matchAll(/drill `([^`]+)`/g)].map(([, name = ""]) => name));
  expect(drills.length).toBeGreaterThan(10);
  expect(drills.filter((name) => name !== "chaos" && !isKindName(name))).toEqual([]);
  expect(rows.filter((row) => !/\) "[^"]+"|drill `/.test(row))).toEqual([]);
});
