import { execa } from "execa";
import { expect, test } from "vitest";
import { root } from "../../../cli/session/home.ts";

/** Runs `npm test -- KINDS` as root would; every step names its program and arguments instead of running. */
async function stepsOf(kinds: readonly string[]): Promise<readonly string[]> {
  const name = "console.error('step', process.argv.slice(1).join(' ')); process.exit()";
  const preload = `process.getuid = () => 0; if (!process.argv[1].endsWith('/tools/test.ts')) { ${name} }`;
  const { stderr } = await execa(process.execPath, ["tools/test.ts", ...kinds], {
    cwd: root,
    env: { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(preload)}` },
  });
  return [...stderr.matchAll(/^step .*\/node_modules\/(.*)$/gm)].map(([, step = ""]) => step);
}

const check = [
  "@biomejs/biome/bin/biome ci --colors=off",
  "typescript7/bin/tsc --project .",
  "typescript7/bin/tsc --project agent",
  "knip/bin/knip.js",
];
const tests = (...kinds: string[]) =>
  ["vitest/vitest.mjs run", ...kinds.map((kind) => `--project=${kind}`)].join(" ");
const everything = [
  ...check,
  tests("unit", "unit-mocks", "preview"),
  tests("fuzz"),
  tests("engine", "lab", "edge"),
  tests("ec2", "drill"),
  tests("vagrant"),
];

test.each([
  ["", everything],
  ["check", check],
  ["unit preview", [tests("unit", "unit-mocks", "preview")]],
  ["lab check", [...check, tests("lab")]],
  ["quick", [...check, tests("unit", "unit-mocks", "preview")]],
  ["quick fuzz", [...check, tests("unit", "unit-mocks", "preview"), tests("fuzz")]],
  ["vagrant", [tests("vagrant")]],
  ["edge", [tests("edge")]],
])("npm test -- %s: runs these kinds alone, in the fixed order", async (kinds, steps) => {
  expect(await stepsOf(kinds.split(" ").filter(Boolean))).toEqual(steps);
});
