import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { engineDestroy } from "../../cli/engine/engineDestroy.ts";
import { partsOfHost } from "../../cli/rollOut.ts";
import { replacedInstances } from "../../cli/targets/ec2/heldBack.ts";
import { ec2With } from "../unit/fixtures.ts";
import { type Ec2Stack, ec2Stack } from "./support/ec2Stack.ts";

/** Instances that are replaced and removed. */

const whole = async () => (await import("../../stacks/program.ts")).program();
const another = { ami: "ami-0fedcba9876543210" };

describe("a stack on EC2 whose image has changed", () => {
  let stack: Ec2Stack;
  const instances = () =>
    ["haproxy1", "haproxy2", "db1"].map((host) => stack.idOf("Instance", new RegExp(`^${host}-`)));
  beforeAll(async () => {
    stack = await ec2Stack(ec2With({}), whole);
    await stack.up(whole);
    stack.configure(ec2With({}, another));
  });
  afterAll(() => stack.remove());

  test("would get other instances for its nodes, and keeps the one with the data", async () => {
    expect(await replacedInstances(stack.engine)).toEqual(["haproxy1", "haproxy2"]);
  });

  test("keeps the node that a run leaves out, and replaces that one alone in the next run", async () => {
    const [holder, backup, database] = instances();
    await stack.up(
      whole,
      partsOfHost.map((part) => `**::haproxy1-${part}`),
    );
    const [stillHolder, newBackup] = instances();
    expect(stillHolder).toBe(holder);
    expect(newBackup).not.toBe(backup);
    expect(await replacedInstances(stack.engine)).toEqual(["haproxy1"]);
    await stack.up(whole);
    const [newHolder, sameBackup, sameDatabase] = instances();
    expect(newHolder).not.toBe(holder);
    expect([sameBackup, sameDatabase]).toEqual([newBackup, database]);
  });

  test("is removed whole, but not before its data may go", async () => {
    const remedy = "set ec2.protect to false";
    const before = stack.ids();
    await expect(engineDestroy(stack.engine, remedy)).rejects.toThrow(
      "db1-instance: protected, so nothing is removed: set ec2.protect to false",
    );
    expect(stack.ids()).toEqual(before);
    stack.configure(ec2With({}, { ...another, protect: false }));
    await stack.up(whole);
    await engineDestroy(stack.engine, remedy);
    expect(stack.ids()).toEqual([]);
  });
});
