import { defineConfig } from "vitest/config";

/** A folder under `test/` is a project: it says what its tests need (nothing, mocks, the engine, real daemons). */
const project = (name: string, test: object = {}) => ({
  test: { name, include: [`test/${name}/**/*.test.ts`], ...test },
});

/** Labs share two cores: their files run one after another, each with the time a machine needs to boot. */
const oneAtATime = { fileParallelism: false, testTimeout: 120_000, hookTimeout: 600_000 };

export default defineConfig({
  test: {
    // Progress of the commands under test says something only where one fails.
    silent: "passed-only",
    projects: [
      // Property tests and crashes at every step take their time where the cores are shared.
      project("unit", { testTimeout: 60_000, maxWorkers: "100%" }),
      project("preview"),
      // One file has a lab of its own; the others are a provider's alone.
      project("engine", { ...oneAtATime, fileParallelism: true, maxWorkers: 2 }),
      project("lab", oneAtATime),
      project("drill", { ...oneAtATime, testTimeout: 1_000_000 }),
    ],
  },
});
