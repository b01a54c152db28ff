import { afterAll, beforeAll, describe } from "vitest";
import { kindNames } from "../../drills/budgets.ts";
import { kinds } from "../../drills/kinds/kinds.ts";
import { type DrilledPair, drilledPair } from "../../drills/pair.ts";
import { type TestStack, testStack } from "../harness/testStack.ts";
import { quickEgress } from "./quickEgress.ts";
import { seesNothing } from "./seesNothing.ts";
import { withinBudget } from "./withinBudget.ts";

let stack: TestStack;
let pair: DrilledPair;

beforeAll(async () => {
  stack = await testStack("t-drill-egress", quickEgress());
  pair = drilledPair(stack.topology, await stack.outputs());
});
afterAll(() => stack?.destroy());

seesNothing(() => pair, ["egress"]);

describe("clients of the SOCKS egress see no more than the budget", () =>
  withinBudget(
    () => pair,
    kindNames.filter((kind) => kinds[kind].ask === "egress"),
  ));
