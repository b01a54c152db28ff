import { afterAll, beforeAll, describe } from "vitest";
import { kindNames } from "../../drills/budgets.ts";
import { kinds } from "../../drills/kinds/kinds.ts";
import { type DrilledPair, drilledPair } from "../../drills/pair.ts";
import { edgePair } from "../harness/edgePair.ts";
import { type TestStack, testStack } from "../harness/testStack.ts";
import { withinBudget } from "./withinBudget.ts";

let stack: TestStack;
let pair: DrilledPair;

beforeAll(async () => {
  stack = await testStack("t-drill-edge", {
    lab: { internet: undefined },
    pair: { ...edgePair, egress: undefined },
  });
  pair = drilledPair(stack.topology, await stack.outputs());
});
afterAll(() => stack?.destroy());

describe("clients of the edge and of its routes see no more than the budget", () =>
  withinBudget(
    () => pair,
    kindNames.filter((kind) => kinds[kind].needs === "edge"),
  ));
