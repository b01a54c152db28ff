import { firstStep } from "./firstStep.ts";
import { newsStep } from "./newsStep.ts";
import { takeBackStep } from "./takeBackStep.ts";

/**
 * The store's schema, made by the agent itself. Each step is run once, in order; a step that was released is never edited. A
 * later one leaves what an older agent calls: nodes are rolled out one after another.
 */
export const schemaSteps: readonly string[] = [firstStep, takeBackStep, newsStep];
