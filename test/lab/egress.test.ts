import { afterAll, beforeAll, beforeEach, describe } from "vitest";
import { startClean } from "./egress/agents.ts";
import { failoverTests } from "./egress/failover.ts";
import { groupTests } from "./egress/groups.ts";
import { type LabEgress, labEgress } from "./egress/labEgress.ts";
import { logTests } from "./egress/logs.ts";
import { measuringTests } from "./egress/measuring.ts";
import { portTests } from "./egress/ports.ts";
import { rootDoorTests } from "./egress/rootDoor.ts";
import { runtimeTests } from "./egress/runtime.ts";
import { serviceTests } from "./egress/service.ts";
import { sessionTests } from "./egress/sessions.ts";

// All tests share one stack: bringing one up takes longer than most of the tests.
let made: LabEgress | undefined;

beforeAll(async () => {
  made = await labEgress("t-egress");
});

beforeEach(() => startClean(lab()));

afterAll(() => made?.stack.destroy());

function lab(): LabEgress {
  if (made === undefined) throw new Error("the lab is not up");
  return made;
}

describe("failover", () => failoverTests(lab));
describe("states of proxies", () => measuringTests(lab));
describe("ports", () => portTests(lab));
describe("logs", () => logTests(lab));
describe("open tunnels and the preference", () => sessionTests(lab));
describe("haproxy's Runtime socket", () => runtimeTests(lab));
describe("root's door to HAProxy", () => rootDoorTests(lab));
describe("the service", () => serviceTests(lab));
describe("groups and wireproxy", () => groupTests(lab));
