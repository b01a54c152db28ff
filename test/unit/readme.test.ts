import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { configReference } from "../../cli/config/configReference.ts";
import { root } from "../../cli/session/home.ts";
import packageJson from "../../package.json" with { type: "json" };
import { withPart } from "./docs/pages.ts";

const path = join(root, "README.md");
const readme = readFileSync(path, "utf8");

test("the README's reference is what the schema says, its figures what the bench wrote last (vitest -u writes both)", async () => {
  const figures = readFileSync(join(root, "bench", "README.md"), "utf8")
    .replace(/^# .*\n+/, "")
    .replaceAll("](", "](bench/")
    .trimEnd();
  const current = withPart(withPart(readme, "configuration", configReference()), "figures", figures);
  await expect(current).toMatchFileSnapshot(path);
});

test("the README names every npm script", () => {
  const unnamed = Object.keys(packageJson.scripts).filter(
    (script) => !new RegExp(`npm (run |run -s )?${script}\\b`).test(readme),
  );
  expect(unnamed).toEqual([]);
});
