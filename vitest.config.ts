import { defineConfig } from "vitest/config";

/** A folder under `test/` is a project: it says what its tests need (nothing, mocks, the engine, real daemons). */
const project = (name: string, test: object = {}) => ({
  test: { name, include: [`test/${name}/**/*.test.ts`], ...test },
});

/** Each file has a lab of its own, which takes its time to boot, and waits more than it computes. */
const twoAtATime = { maxWorkers: 2, testTimeout: 120_000, hookTimeout: 600_000 };
/** What is measured has the machine for itself. */
const oneAtATime = { ...twoAtATime, fileParallelism: false };

export default defineConfig({
  test: {
    // Progress of the commands under test says something only where one fails.
    silent: "passed-only",
    projects: [
      // Property tests and crashes at every step take their time where the cores are shared.
      project("unit", { testTimeout: 60_000, maxWorkers: "100%" }),
      project("preview"),
      // One file has a lab of its own; the others are a provider's alone.
      project("engine", twoAtATime),
      project("lab", twoAtATime),
      project("drill", { ...oneAtATime, testTimeout: 1_000_000 }),
    ],
  },
});
