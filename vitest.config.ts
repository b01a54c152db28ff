import { globSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** The tests of a folder under `test/`, which is named for what they need: nothing, mocks, the engine, real daemons. */
const project = (name: string, test: object = {}) => ({
  test: { name, include: [`test/${name}/**/*.test.ts`], ...test },
});

/**
 * Half of the time these files wait: for an interval of the agent, or a process. Property tests, and loading the engine's
 * SDK, are slow where the cores are shared.
 */
const withoutMachines = { testTimeout: 60_000, hookTimeout: 60_000, maxWorkers: 2 * availableParallelism() };
/** Files that replace a module need modules of their own. All others share their worker's, which saves a third of the time. */
const replaceModules = globSync("test/unit/**/*.test.ts", { cwd: import.meta.dirname }).filter((path) =>
  /\bvi\.(do)?mock\b/i.test(readFileSync(join(import.meta.dirname, path), "utf8")),
);
/** Each file has its own lab, which takes minutes to boot. A third of the time it waits, so three keep two cores busy. */
const withMachines = {
  ...{ maxWorkers: 3, testTimeout: 120_000, hookTimeout: 600_000 },
  // vitest's own second is short for a busy machine.
  expect: { poll: { timeout: 10_000 } },
};
/** Drills measure times: two at a time leave half of two cores idle, so that neither waits for the other. */
const drills = { ...withMachines, maxWorkers: 2, testTimeout: 1_000_000 };

/** Files that take minutes start first. vitest sorts by the last run's times, which a clean clone does not have. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const longest = [
      "unit/agent/health/monitor",
      "unit/agent/mover/moverLoop",
      "unit/cli/commands",
      "unit/laptop/laptop",
      "unit/agent/health/api",
      "edge/edge",
      "lab/pair",
      "engine/stack",
      "lab/egress",
      "edge/suites",
      "lab/existing",
      "lab/pools",
      "lab/giveBack",
      "lab/tls",
      "drill/egress",
      "drill/pair",
      "ec2/pair",
      "drill/edge",
      "vagrant/virtualbox",
      "vagrant/accidents",
      "vagrant/libvirt",
    ];
    const place = ({ moduleId }: TestSpecification) => {
      const at = longest.findIndex((path) => moduleId.endsWith(`/test/${path}.test.ts`));
      return at < 0 ? longest.length : at;
    };
    return (await super.sort(files)).toSorted((one, other) => place(one) - place(other));
  }
}

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    // The output of the commands under test matters only where a test fails.
    silent: "passed-only",
    projects: [
      project("unit", {
        ...withoutMachines,
        isolate: false,
        exclude: replaceModules,
        setupFiles: "test/unit/leaveNothing.ts",
      }),
      project("unit-mocks", { ...withoutMachines, include: replaceModules }),
      project("preview", withoutMachines),
      // Only `stack` has a lab; the other files run the command provider, or the stacks' program, alone.
      // Each input is to end in seconds, and in a bounded memory.
      project("fuzz", {
        globalSetup: "test/fuzz/support/setUp.ts",
        maxWorkers: 2,
        testTimeout: 300_000,
        hookTimeout: 600_000,
        execArgv: ["--max-old-space-size=768"],
      }),
      project("engine", withMachines),
      project("lab", withMachines),
      project("edge", withMachines),
      project("ec2", drills),
      project("vagrant", {
        ...withMachines,
        // An emulated machine keeps a core busy. Each wait has a deadline of its own.
        maxWorkers: 2,
        globalSetup: "test/vagrant/bed/setUp.ts",
        hookTimeout: 120_000,
      }),
      project("drill", drills),
    ],
  },
});
