import { afterAll, beforeAll, describe } from "vitest";
import { firewallTests } from "./pair/firewall.ts";
import { type LabPair, labPair } from "./pair/labPair.ts";
import { logTests } from "./pair/logs.ts";
import { pageTests } from "./pair/pages.ts";
import { sqlTests } from "./pair/sql.ts";

// One stack for all: to bring one up takes longer than most of what is asked of it.
let pair: LabPair | undefined;

beforeAll(async () => {
  pair = await labPair("t-pair", 1);
});

afterAll(() => pair?.remove());

function lab(): LabPair {
  if (pair === undefined) throw new Error("the pair is not up");
  return pair;
}

describe("SQL through the pair", () => sqlTests(lab));
describe("stats, metrics, health", () => pageTests(lab));
describe("firewall", () => firewallTests(lab));
describe("logs", () => logTests(lab));
