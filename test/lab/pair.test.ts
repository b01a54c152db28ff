import { afterAll, beforeAll, describe } from "vitest";
import { applicationTests } from "./pair/application.ts";
import { bidTests } from "./pair/bids.ts";
import { passwordClassTests } from "./pair/clients/passwordClasses.ts";
import { sessionPortTests } from "./pair/clients/sessionPort.ts";
import { editTests } from "./pair/edits.ts";
import { firewallTests } from "./pair/firewall.ts";
import { hardeningTests } from "./pair/hardening.ts";
import { killTests } from "./pair/kills.ts";
import { type LabPair, labPair } from "./pair/labPair.ts";
import { fullTests } from "./pair/load/full.ts";
import { reloadTests } from "./pair/load/reload.ts";
import { stormTests } from "./pair/load/storm.ts";
import { logTests } from "./pair/logs.ts";
import { passwordTests } from "./pair/passwords/chosen.ts";
import { rotationTests } from "./pair/passwords/rotation.ts";
import { secretTests } from "./pair/passwords/secrets.ts";
import { takenBackTests } from "./pair/passwords/takenBack.ts";
import { refusalTests } from "./pair/refusals.ts";
import { rolloutTests } from "./pair/rollout.ts";
import { movedSessionTests, poolGoneTests } from "./pair/sessions.ts";
import { sqlTests } from "./pair/sql.ts";
import { pageTests, statusTests } from "./pair/status.ts";
import { unknownTests } from "./pair/unknown.ts";

// All tests share one stack: bringing one up takes longer than most of the tests.
let pair: LabPair | undefined;

beforeAll(async () => {
  pair = await labPair("t-pair");
});

afterAll(() => pair?.remove());

function lab(): LabPair {
  if (pair === undefined) throw new Error("the pair is not up");
  return pair;
}

describe("status", () => statusTests(lab));
describe("SQL through the pair", () => sqlTests(lab));
describe("an application behind the pooler", () => applicationTests(lab));
describe("the port for sessions", () => sessionPortTests(lab));
describe("passwords of every class", () => passwordClassTests(lab));
describe("stats, metrics, health", () => pageTests(lab));
describe("firewall", () => firewallTests(lab));
describe("bids for the address", () => bidTests(lab));
describe("sessions when the address moves", () => movedSessionTests(lab));
describe("a pool whose machine is gone", () => poolGoneTests(lab));
describe("logs", () => logTests(lab));
describe("edits and rollback", () => editTests(lab));
describe("bundles that must not become live", () => refusalTests(lab));
describe("what a host cannot write or say", () => unknownTests(lab));
describe("full", () => fullTests(lab));
describe("reload", () => reloadTests(lab));
describe("reload storm", () => stormTests(lab));
describe("kill -9", () => killTests(lab));
describe("roll-out", () => rolloutTests(lab));
describe("secrets", () => secretTests(lab));
describe("units", () => hardeningTests(lab));
// These are last: they change the passwords that the other tests know.
describe("passwords that a person chose", () => passwordTests(lab));
describe("passwords that a roll-out changes", () => rotationTests(lab));
describe("roll-outs that change a password and fail", () => takenBackTests(lab));
