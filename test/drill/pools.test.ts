import { afterAll, beforeAll, describe } from "vitest";
import { kindNames } from "../../drills/budgets.ts";
import { kinds } from "../../drills/kinds/kinds.ts";
import { type DrilledPair, drilledPair } from "../../drills/pair.ts";
import type { Shape } from "../../drills/shapes.ts";
import { type TestStack, testStack } from "../harness/testStack.ts";
import { withinBudget } from "./withinBudget.ts";

const db1 = { name: "db1", address: "10.0.1.30" };
const db2 = { name: "db2", address: "10.0.1.31" };

/** A pool of each shape that some kind of failure needs. */
const pools: Readonly<Record<Exclude<Shape, "ec2" | "edge" | "updates">, object>> = {
  "pool-machines": { machines: [db1, db2] },
  "poolers-on-nodes": { on: "nodes", machines: [db1] },
};

describe.each(Object.entries(pools))(
  "clients of a pool with %s see no more than the budget",
  (shape, pool) => {
    let stack: TestStack;
    let pair: DrilledPair;

    beforeAll(async () => {
      stack = await testStack(`t-${shape}`, {
        lab: { internet: undefined },
        pair: { egress: undefined, pool },
      });
      pair = drilledPair(stack.topology, await stack.outputs());
    });
    afterAll(() => stack?.destroy());

    withinBudget(
      () => pair,
      kindNames.filter((kind) => kinds[kind].needs === shape),
    );
  },
);
