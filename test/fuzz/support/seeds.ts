import { inject } from "vitest";

/** Environment variable with the fresh seed of an earlier run. */
export const freshSeedVariable = "HAPAIR_FUZZ_SEED";

/** Always the same inputs, so that what was mended stays so, and other ones in each run, which find what is new. */
export const seeds = () => [
  { kind: "fixed", seed: 20_261_129 },
  { kind: "fresh", seed: inject("freshSeed") },
];
