import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { kindNames } from "../../drills/budgets.ts";
import { startRouteClients } from "../../drills/chaos/routeClients.ts";
import { kinds } from "../../drills/kinds/kinds.ts";
import { type DrilledPair, drilledPair, edgeOf } from "../../drills/pair.ts";
import { restorations } from "../../drills/restorations.ts";
import { nowMs } from "../../drills/time.ts";
import { routesMapFile } from "../../render/paths.ts";
import { runtime } from "../edge/edge/edgeLab.ts";
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

test("a change that was acknowledged, and that a node does not serve, is found", async () => {
  const { add, undo } = restorations();
  try {
    const fromMs = nowMs();
    const clients = await startRouteClients(pair, add, AbortSignal.timeout(60_000));
    const [node = ""] = pair.nodes;
    const ofMap = (command: string) =>
      runtime(pair.lab, node, `${command} map ${routesMapFile} w0-1.${edgeOf(pair).domain}`);
    await expect.poll(() => ofMap("get")).toContain("found=yes");
    expect((await clients.check({ fromMs, healedMs: fromMs })).lost).toEqual([]);
    await ofMap("del");
    expect((await clients.check({ fromMs, healedMs: fromMs })).lost).toEqual([
      expect.stringMatching(`^w0-1: 1, and ${node} serves 404`),
    ]);
  } finally {
    expect(await undo()).toEqual([]);
  }
});

describe("random faults, one and two at once, lose no acknowledged row and no acknowledged change of a route", () =>
  losesNothing(() => pair));
