import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { engineDestroy } from "../../cli/engine/engineDestroy.ts";
import { hostStatuses } from "../../cli/hosts/ask.ts";
import { rollOut } from "../../cli/rollOut.ts";
import { replacedInstances } from "../../cli/targets/ec2/heldBack.ts";
import type { HostReport } from "../../contract/hostStatus.ts";
import { parseTopology } from "../../topology/parse.ts";
import { ec2With } from "../unit/fixtures.ts";
import { type Ec2Stack, ec2Stack } from "./support/ec2Stack.ts";

/** Instances that are replaced and removed. */

// No host is there to be asked.
vi.mock("../../cli/hosts/ask.ts", async (actual) => ({
  ...(await actual<typeof import("../../cli/hosts/ask.ts")>()),
  hostStatuses: vi.fn(),
  liveBundles: async () => [],
}));

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

  test("gets them one after the other: the holder's once its peer has its bundle", async () => {
    const [, , database] = instances();
    stack.journal();
    // Each host is asked over SSH otherwise.
    vi.mocked(hostStatuses).mockImplementation(async (hosts) =>
      Object.keys(hosts).map((host) => ({
        host,
        report: { node: { holder: host === "haproxy2" } } as HostReport,
      })),
    );
    const config = ec2With({}, another);
    await rollOut(Promise.resolve(stack.engine), parseTopology(config));
    const journal = stack.journal();
    const delivery = ["facts", "packages", "program", "bundle", "apply"];
    const steps = ["haproxy1", "haproxy2"].flatMap((host) => [
      `remove ${host}-instance`,
      `make ${host}-instance`,
      ...delivery.map((part) => `run ${host}-${part}`),
    ]);
    expect(journal.filter((line) => steps.includes(line))).toEqual(steps);
    expect(instances()[2]).toBe(database);
    expect(await replacedInstances(stack.engine)).toEqual([]);
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
