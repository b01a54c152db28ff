import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { engineDestroy } from "../../cli/engine/engineDestroy.ts";
import { hostStatuses } from "../../cli/hosts/ask.ts";
import { rollOut } from "../../cli/rollOut.ts";
import { instanceChanges } from "../../cli/targets/ec2/instanceChanges.ts";
import type { HostReport } from "../../contract/hostStatus.ts";
import { parseTopology } from "../../topology/parse.ts";
import { privateKey } from "../preview/ec2/ec2Mocks.ts";
import { goodAccount } from "../unit/cli/aws/accountAnswers.ts";
import { type AwsFake, awsFake, keys } from "../unit/cli/aws/awsFake.ts";
import { ec2With } from "../unit/fixtures.ts";
import { type Ec2Stack, ec2Stack } from "./support/ec2Stack.ts";

/** Instances that are replaced, restarted and removed. */

// No host is there to be asked.
vi.mock("../../cli/hosts/ask.ts", async (actual) => ({
  ...(await actual<typeof import("../../cli/hosts/ask.ts")>()),
  hostStatuses: vi.fn(),
  liveBundles: async () => [],
}));

const whole = async () => (await import("../../stacks/program.ts")).program();

describe("a stack on EC2 whose instances change", () => {
  let aws: AwsFake;
  let stack: Ec2Stack;
  /** Whose image, type or key has changed so far. */
  let section: Record<string, unknown> = {};
  const database = () => stack.idOf("Instance", /^db1-/);
  const rolledOut = (changed: Record<string, unknown>) => {
    section = { ...section, ...changed };
    stack.configure(ec2With({}, section));
    return rollOut(Promise.resolve(stack.engine), parseTopology(ec2With({}, section)));
  };
  /** What was done to the nodes, and which of their daemons were given something, since `from`. */
  const stepsSince = (from: number) =>
    stack
      .journal()
      .slice(from)
      .filter((line) => /^(remove|make|change) haproxy\d-instance$|^run haproxy\d-apply$/.test(line));
  /** As each node would say it itself: a new instance has no bundle until one has been applied. */
  const answer = (holder: string) =>
    vi.mocked(hostStatuses).mockImplementation(async (hosts) => {
      const { pairs } = await stack.engine.outputs();
      return Object.keys(hosts).map((host) => {
        const last = stack
          .journal()
          .findLast((line) => [`make ${host}-instance`, `run ${host}-apply`].includes(line));
        const live = last?.startsWith("run ") ? pairs?.value.pg.bundles[host] : null;
        const report = {
          bundle: { live },
          unfinished: null,
          units: [{ unit: "haproxy.service", active: live ? "active" : "inactive" }],
          node: { holder: host === holder && live !== null, haproxy: {} },
        };
        return { host, report: report as unknown as HostReport };
      });
    });

  beforeAll(async () => {
    aws = await awsFake(() => goodAccount);
    for (const [name, value] of Object.entries({
      AWS_ENDPOINT_URL: aws.url,
      AWS_ACCESS_KEY_ID: keys.id,
      AWS_SECRET_ACCESS_KEY: keys.secret,
      AWS_SESSION_TOKEN: keys.token,
    }))
      vi.stubEnv(name, value);
    stack = await ec2Stack(ec2With({}), whole);
    await stack.up(whole);
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    stack.remove();
    await aws[Symbol.asyncDispose]();
  });

  test("another image would replace its nodes, and keeps the instance with the data", async () => {
    stack.configure(ec2With({}, { ami: "ami-0fedcba9876543210" }));
    expect(await instanceChanges(stack.engine)).toEqual([
      { host: "haproxy1", change: "replaced" },
      { host: "haproxy2", change: "replaced" },
    ]);
  });

  test("a node that does not come up keeps the other in its place, in this roll-out and in the next", async () => {
    answer("haproxy1");
    const from = stack.journal().length;
    stack.letFail("haproxy2-packages");
    await expect(rolledOut({ ami: "ami-0fedcba9876543210" })).rejects.toThrow("haproxy2-packages");
    const first = ["remove haproxy2-instance", "make haproxy2-instance"];
    expect(stepsSince(from)).toEqual(first);
    await expect(rolledOut({})).rejects.toThrow("haproxy2-packages");
    expect(stepsSince(from)).toEqual(first);
    stack.letFail();
    await rolledOut({});
    expect(stepsSince(from)).toEqual([
      ...[...first, "run haproxy2-apply"],
      ...["remove haproxy1-instance", "make haproxy1-instance", "run haproxy1-apply"],
    ]);
    expect(await instanceChanges(stack.engine)).toEqual([]);
  });

  test("the holder is replaced after its peer has its bundle, whichever node it is", async () => {
    answer("haproxy2");
    const from = stack.journal().length;
    const data = database();
    await rolledOut({ ami: "ami-00000000000000002" });
    expect(stepsSince(from)).toEqual(
      ["haproxy1", "haproxy2"].flatMap((host) => [
        `remove ${host}-instance`,
        `make ${host}-instance`,
        `run ${host}-apply`,
      ]),
    );
    expect(database()).toBe(data);
  });

  test("another type stops the holder after its peer, although it replaces neither", async () => {
    answer("haproxy2");
    const from = stack.journal().length;
    await rolledOut({ instanceType: "t4g.medium" });
    expect(stepsSince(from)).toEqual(["change haproxy1-instance", "change haproxy2-instance"]);
    const runs = stack.journal().slice(from);
    expect(runs.indexOf("change db1-instance")).toBeGreaterThanOrEqual(0);
    expect(runs.indexOf("change db1-instance")).toBeLessThan(runs.indexOf("change haproxy2-instance"));
  });

  test("another login key replaces no instance, and one that is made anew has it", async () => {
    const from = stack.journal().length;
    const before = stack.hasOf("KeyPair", /^ssh$/);
    await rolledOut({ identityFile: stack.write("login", `${privateKey}\n`) });
    expect(stepsSince(from).filter((line) => line.endsWith("-instance"))).toEqual([]);
    const { publicKey } = stack.hasOf("KeyPair", /^ssh$/);
    expect(publicKey).not.toBe(before.publicKey);
    expect(stack.hasOf("Instance", /^haproxy1-/).keyName).toBe(stack.hasOf("KeyPair", /^ssh$/).keyName);
  });

  test("is removed whole, but not before its data may go, which replaces nothing by itself", async () => {
    const remedy = "set ec2.protect to false";
    const before = stack.ids();
    await expect(engineDestroy(stack.engine, remedy)).rejects.toThrow(
      "db1-instance: protected, so nothing is removed: set ec2.protect to false",
    );
    expect(stack.ids()).toEqual(before);
    const data = database();
    await rolledOut({ protect: false });
    expect(database()).toBe(data);
    await engineDestroy(stack.engine, remedy);
    expect(stack.ids()).toEqual([]);
  });
});
