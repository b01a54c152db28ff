import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { parseArgs } from "node:util";

/**
 * Everything that must hold before a change is good: `npm test`, or `npm test -- unit preview` for some kinds of
 * test alone (the folders of `test/`). Stops at the first that fails.
 */

interface Step {
  readonly title: string;
  readonly module: string;
  readonly args: readonly string[];
}

const modules = join(import.meta.dirname, "..", "node_modules");

const checks: readonly Step[] = [
  { title: "format and lint", module: "@biomejs/biome/bin/biome", args: ["ci", "--colors=off"] },
  { title: "types", module: "typescript7/bin/tsc", args: ["--project", "."] },
  { title: "dead code", module: "knip/bin/knip.js", args: [] },
];

/** One kind after another: they share this machine's cores, and labs want them for themselves. */
const kinds = ["unit", "preview", "engine", "lab", "drill"] as const;

const { values, positionals } = parseArgs({
  options: { help: { type: "boolean", short: "h" } },
  allowPositionals: true,
});
const unknown = positionals.filter((kind) => !kinds.some((known) => known === kind));
if (values.help || unknown.length > 0) {
  if (unknown.length > 0) console.error(`no kind of test is named ${unknown.join(", ")}`);
  console.log(
    `npm test [-- ${kinds.join("|")}…]: format, lint, types, dead code, then the tests; or some kinds of test alone`,
  );
  process.exit(unknown.length > 0 ? 2 : 0);
}

const wanted = kinds.filter((kind) => positionals.length === 0 || positionals.includes(kind));
const tests = wanted.map(
  (kind): Step => ({
    title: `tests: ${kind}`,
    module: "vitest/vitest.mjs",
    args: ["run", `--project=${kind}`],
  }),
);

for (const { title, module, args } of [...(positionals.length > 0 ? [] : checks), ...tests]) {
  const begun = performance.now();
  console.error(`== ${title}`);
  const { status } = spawnSync(process.execPath, [join(modules, module), ...args], { stdio: "inherit" });
  const seconds = ((performance.now() - begun) / 1000).toFixed(1);
  console.error(`== ${title}: ${status === 0 ? "good" : "failed"}, ${seconds} s`);
  if (status !== 0) process.exit(status ?? 1);
}
