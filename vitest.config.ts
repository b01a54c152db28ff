import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** A folder under `test/` is a project: it says what its tests need (nothing, mocks, the engine, real daemons). */
const project = (name: string, test: object = {}) => ({
  test: { name, include: [`test/${name}/**/*.test.ts`], ...test },
});

/** Each file has a lab of its own, which takes its time to boot, and waits more than it computes. */
const twoAtATime = { maxWorkers: 2, testTimeout: 120_000, hookTimeout: 600_000 };
/** What is measured has the machine for itself. */
const oneAtATime = { ...twoAtATime, fileParallelism: false };

/** A clean clone has no times of its own to sort by: what takes minutes begins first, so that it is not waited for. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const longest = ["lab/egress", "engine/stack", "lab/pair"];
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
