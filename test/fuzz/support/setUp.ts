import { randomInt } from "node:crypto";
import type { TestProject } from "vitest/node";
import { freshSeedVariable } from "./seeds.ts";

declare module "vitest" {
  interface ProvidedContext {
    readonly freshSeed: number;
  }
}

/** Chooses the run's fresh seed and prints it, whatever the tests find. */
export default function setUp(project: TestProject): void {
  const given = process.env[freshSeedVariable];
  const seed = given === undefined ? randomInt(2 ** 31) : Number(given);
  if (!Number.isSafeInteger(seed))
    throw new Error(`${freshSeedVariable} is ${given}: set it to a whole number`);
  project.provide("freshSeed", seed);
  process.stderr.write(`fuzz: fresh seed ${seed}; again: ${freshSeedVariable}=${seed} npm test -- fuzz\n`);
}
