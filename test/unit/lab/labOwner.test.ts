import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { NetworkSpec } from "../../../contract/lab.ts";
import { freeLabName, freePorts } from "../../../lab/freeLab.ts";
import { assertSameState, foreignLab, otherClone, ownClone } from "../../../lab/owner.ts";
import { labName } from "../../../lab/spec.ts";

const spec = { cidr: "10.0.1.0/24", app: "10.0.1.10", packages: [], user: "admin", forwards: [] };
const of = (state?: string): NetworkSpec => ({ ...spec, ...(state && { state }) });

let folder: string;
beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "hapair-clones-")));
});
afterAll(() => rmSync(folder, { recursive: true }));

function clone(name: string): string {
  const path = join(folder, name);
  mkdirSync(join(path, "lab"), { recursive: true });
  writeFileSync(join(path, "lab/main.ts"), "");
  return path;
}

it("a lab belongs to the clone that made it, as long as that is there", () => {
  const [one, two] = [clone("one"), clone("two")];
  expect(otherClone({ clone: one }, one)).toBeUndefined();
  expect(otherClone({ clone: one }, two)).toBe(one);
  rmSync(one, { recursive: true });
  expect(otherClone({ clone: one }, two)).toBeUndefined();
});

it("a lab of a version that recorded no clone is anyone's", () => {
  expect(otherClone({ clone: undefined }, clone("three"))).toBeUndefined();
});

it("another clone is refused in one sentence with its remedies", () => {
  expect(foreignLab("hapair", "/home/a/hapair").message).toBe(
    "Lab hapair belongs to the clone /home/a/hapair: use it there, remove it there first (npm run destroy), or set lab.name and the ports of lab in this clone's stacks/Pulumi.lab.yaml to others.",
  );
});

it("another state of the same clone is refused: the lab's passwords are in the first one", () => {
  expect(() => assertSameState("hapair", of("a"), of("b"))).toThrow(
    /^Lab hapair was made from another state .*: use that state, remove the lab first \(npm run destroy\), or /,
  );
  for (const [stored, wanted] of [
    [of("a"), of("a")],
    [of(), of("b")],
    [of("a"), of()],
    [undefined, of("b")],
  ] as const)
    expect(() => assertSameState("hapair", stored, wanted)).not.toThrow();
});

it("the labs of the tests have names that no other clone's tests use", () => {
  expect(freeLabName("t-pair")).toBe(freeLabName("t-pair", ownClone));
  expect(freeLabName("t-pair", "/another/clone")).not.toBe(freeLabName("t-pair"));
  expect(labName(freeLabName("a-purpose-with-a-very-long-name-indeed"))).toMatch(/^a-purpose/);
});

it("two labs get different free ports, also for the same purpose", async () => {
  const first = await freePorts("t-some");
  const second = await freePorts("t-some");
  expect(Math.abs(second - first)).toBeGreaterThanOrEqual(30);
});
