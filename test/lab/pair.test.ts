import { afterAll, beforeAll, describe } from "vitest";
import { editTests } from "./pair/edits.ts";
import { firewallTests } from "./pair/firewall.ts";
import { killTests } from "./pair/kills.ts";
import { type LabPair, labPair } from "./pair/labPair.ts";
import { logTests } from "./pair/logs.ts";
import { passwordTests } from "./pair/passwords.ts";
import { refusalTests } from "./pair/refusals.ts";
import { reloadTests } from "./pair/reload.ts";
import { rolloutTests } from "./pair/rollout.ts";
import { secretTests } from "./pair/secrets.ts";
import { movedSessionTests, poolGoneTests } from "./pair/sessions.ts";
import { sqlTests } from "./pair/sql.ts";
import { pageTests, statusTests } from "./pair/status.ts";

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

describe("status", () => statusTests(lab));
describe("SQL through the pair", () => sqlTests(lab));
describe("stats, metrics, health", () => pageTests(lab));
describe("firewall", () => firewallTests(lab));
describe("sessions and a move of the address", () => movedSessionTests(lab));
describe("the pool's machine is gone", () => poolGoneTests(lab));
describe("logs", () => logTests(lab));
describe("edits and rollback", () => editTests(lab));
describe("bundles that must not become live", () => refusalTests(lab));
describe("reload", () => reloadTests(lab));
describe("kill -9", () => killTests(lab));
describe("roll-out", () => rolloutTests(lab));
describe("secrets", () => secretTests(lab));
// The last: from then on what the others know of the passwords is old.
describe("passwords of a person's own", () => passwordTests(lab));
