import fc from "fast-check";
import { expect, it } from "vitest";
import { groupOfScope, scopeName } from "../../../lab/process/group.ts";
import { labName, machineName } from "../../../lab/spec.ts";

/** Names of labs and machines that are likely to be taken for one another. */
const name = fc.stringMatching(/^[ab][ab-]{0,3}$/);
const group = fc.tuple(name, fc.constantFrom("", ".forward")).map(([machine, kind]) => machine + kind);

it("a scope's name identifies its lab's group, and no other lab takes it for its own", () => {
  fc.assert(
    fc.property(name, name, group, (lab, other, group) => {
      expect(groupOfScope(lab, scopeName(lab, group))).toBe(group);
      if (other !== lab) expect(groupOfScope(other, scopeName(lab, group))).toBeUndefined();
    }),
    { numRuns: 2000 },
  );
});

it("what sets a lab's name off in a scope is part of no lab's and no machine's name", () => {
  expect(() => labName("hapair.2")).toThrow("cannot name a lab");
  expect(() => machineName("db.1")).toThrow("cannot name a machine");
});
