import { spawnSync } from "node:child_process";
import { join } from "node:path";

/**
 * Everything that must hold before a change is good: `npm test`, or `npm test -- unit preview` for some kinds of
 * test alone (the folders of `test/`). Stops at the first that fails.
 */

const modules = join(import.meta.dirname, "..", "node_modules");
const projects = process.argv.slice(2).filter((word) => !word.startsWith("-"));

const steps: readonly (readonly [title: string, module: string, ...args: string[]])[] = [
  ["format and lint", "@biomejs/biome/bin/biome", "ci", "--colors=off"],
  ["types", "typescript7/bin/tsc", "--project", "."],
  ["dead code", "knip/bin/knip.js"],
];
const tests = [
  "tests",
  "vitest/vitest.mjs",
  "run",
  ...projects.map((project) => `--project=${project}`),
] as const;

if (process.argv.includes("--help")) {
  console.log(
    "npm test [-- unit|preview|engine|lab|drill…]: format, lint, types, dead code, then the tests (all, or those named)",
  );
  process.exit(0);
}
for (const [title, module, ...args] of [...(projects.length > 0 ? [] : steps), tests]) {
  const begun = Date.now();
  console.error(`== ${title}`);
  const { status } = spawnSync(process.execPath, [join(modules, module), ...args], { stdio: "inherit" });
  if (status !== 0) {
    console.error(`== ${title}: failed`);
    process.exit(status ?? 1);
  }
  console.error(`== ${title}: good, ${((Date.now() - begun) / 1000).toFixed(1)} s`);
}
