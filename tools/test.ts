import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { Argument, Command } from "commander";
import { Failure } from "../base/failure.ts";
import { becomeRootHere } from "./becomeRootHere.ts";

/**
 * Everything that must hold before a change is good: `npm test`. With kinds, those alone: `check` for format, lint,
 * types and dead code, the others for the tests in the folder of `test/` with that name, `quick` for what needs no machine.
 * Stops at the first failure.
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
  // What the hosts' own Node, which is older than this machine's, does not have.
  { title: "types of the agent", module: "typescript7/bin/tsc", args: ["--project", "agent"] },
  { title: "dead code", module: "knip/bin/knip.js", args: [] },
];

/** Runs, one after another. Kinds within a run share this machine's cores (vitest.config.ts). */
const runs = [
  ["unit", "preview"],
  ["fuzz"],
  ["engine", "lab", "edge"],
  ["ec2", "drill"],
  ["vagrant"],
] as const;
const kinds = ["check", ...runs.flat()];
/** What needs no root and no machine: within two minutes, before each commit. */
const quick = { name: "quick", kinds: ["check", "unit", "preview"] } as const;
/** The projects of vitest.config.ts that are a kind: the one of its name, but for unit tests. */
const projectsOf = (kind: string) => (kind === "unit" ? ["unit", "unit-mocks"] : [kind]);
/** They make machines, namespaces and mounts; `fuzz` has the machines' image for the daemons' own checkers. */
const ofRoot: readonly string[] = ["fuzz", "engine", "lab", "edge", "ec2", "vagrant", "drill"];

const program = new Command("npm test --")
  .description("check (format, lint, types, dead code), then every kind of test; or some of these alone")
  .addArgument(
    new Argument(
      "[kind...]",
      `which kinds; they run in this order; ${quick.name}: ${quick.kinds.join(", ")}`,
    ).choices([quick.name, ...kinds]),
  )
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
  .parse();
const asked = program.args.flatMap((kind) => (kind === quick.name ? quick.kinds : [kind]));

const isWanted = (kind: string): boolean => asked.length === 0 || asked.includes(kind);
const wanted = runs.map((run) => run.filter(isWanted)).filter((run) => run.length > 0);
const tests = wanted.map(
  (run): Step => ({
    title: `tests: ${run.join(", ")}`,
    module: "vitest/vitest.mjs",
    args: ["run", ...run.flatMap(projectsOf).map((name) => `--project=${name}`)],
  }),
);

try {
  if (wanted.flat().some((kind) => ofRoot.includes(kind))) becomeRootHere();
} catch (error) {
  if (!(error instanceof Failure)) throw error;
  console.error(error.message);
  process.exit(error.exitStatus);
}

for (const { title, module, args } of [...(isWanted("check") ? checks : []), ...tests]) {
  const begun = performance.now();
  console.error(`== ${title}`);
  const { status } = spawnSync(process.execPath, [join(modules, module), ...args], { stdio: "inherit" });
  const seconds = ((performance.now() - begun) / 1000).toFixed(1);
  console.error(`== ${title}: ${status === 0 ? "good" : "failed"}, ${seconds} s`);
  if (status !== 0) process.exit(status ?? 1);
}
