import { afterAll, beforeAll, beforeEach, describe } from "vitest";
import { anew } from "./egress/agents.ts";
import { doorTests } from "./egress/doors.ts";
import { groupTests } from "./egress/groups.ts";
import { type LabEgress, labEgress } from "./egress/labEgress.ts";
import { logTests } from "./egress/logs.ts";
import { measuringTests } from "./egress/measuring.ts";
import { runtimeTests } from "./egress/runtime.ts";
import { serviceTests } from "./egress/service.ts";
import { sessionTests } from "./egress/sessions.ts";
import { wayTests } from "./egress/ways.ts";

// One stack for all: to bring one up takes longer than most of what is asked of it.
let made: LabEgress | undefined;

beforeAll(async () => {
  made = await labEgress("t-egress-lab", 4);
});

beforeEach(() => anew(lab()));

afterAll(() => made?.stack.destroy());

function lab(): LabEgress {
  if (made === undefined) throw new Error("the lab is not up");
  return made;
}

describe("ways out", () => wayTests(lab));
describe("what is measured", () => measuringTests(lab));
describe("doors", () => doorTests(lab));
describe("logs", () => logTests(lab));
describe("sessions and preference", () => sessionTests(lab));
describe("haproxy's Runtime socket", () => runtimeTests(lab));
describe("the service", () => serviceTests(lab));
describe("groups and wireproxy", () => groupTests(lab));
