import { afterAll, beforeAll, describe } from "vitest";
import { type BareLab, bareLab, type MachineLogin } from "./existing/bareLab.ts";
import { changeTests } from "./existing/changes.ts";
import { doctorTests } from "./existing/doctor.ts";
import { endTests } from "./existing/ends.ts";
import { joiningTests } from "./existing/joining.ts";
import { lifeTests } from "./existing/life.ts";
import { ownTests } from "./existing/own.ts";
import { refusalTests } from "./existing/refusals.ts";

/** Machines that exist already: refused, taken over, used, changed, given back. Each test continues from the one before. */
let made: BareLab | undefined;
let spare: MachineLogin | undefined;

beforeAll(async () => {
  made = await bareLab("t-existing");
  // Before the first snapshots: the lab writes the names of all machines to each.
  spare = await made.add("haproxy3", "10.0.1.22");
});

afterAll(() => made?.remove());

function lab(): BareLab {
  if (made === undefined) throw new Error("the machines are not there");
  return made;
}

function added(): MachineLogin {
  if (spare === undefined) throw new Error("the spare machine is not there");
  return spare;
}

describe("machines that exist already", () => {
  describe("looked at", () => doctorTests(lab));
  describe("refused", () => refusalTests(lab));
  describe("with a configuration of its own", () => ownTests(lab));
  describe("taken over", () => lifeTests(lab));
  describe("changed", () => changeTests(lab, added));
  describe("joining again", () => joiningTests(lab, added));
  describe("given back", () => endTests(lab));
});
