import { afterAll, beforeAll, describe } from "vitest";
import { kindNames } from "../../drills/budgets.ts";
import { kinds } from "../../drills/kinds/kinds.ts";
import { type DrilledPair, drilledPair } from "../../drills/pair.ts";
import { updateSecrets, updatingPair } from "../harness/edgePair.ts";
import { type TestStack, testStack } from "../harness/testStack.ts";
import { losesNothing } from "./losesNothing.ts";
import { withinBudget } from "./withinBudget.ts";

let stack: TestStack;
let pair: DrilledPair;

beforeAll(async () => {
  stack = await testStack("t-drill-edge", {
    lab: { internet: undefined },
    // The drill of its nodes plays the service; without it the others find an updater that fails.
    config: updateSecrets,
    pair: { ...updatingPair, egress: undefined },
  });
  pair = drilledPair(stack.topology, await stack.outputs());
});
afterAll(() => stack?.destroy());

describe("clients of the edge and of its routes see no more than the budget", () =>
  withinBudget(
    () => pair,
    kindNames.filter((kind) => kinds[kind].needs === "edge" || kinds[kind].needs === "updates"),
  ));

describe("random faults, one and two at once, lose no acknowledged row and no acknowledged change of a route", () =>
  losesNothing(() => pair));
