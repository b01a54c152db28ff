import { dirname, join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { engineDestroy } from "../../cli/engine/engineDestroy.ts";
import { openStack } from "../../cli/engine/openStack.ts";
import { openHome } from "../../cli/session/home.ts";
import { ec2 } from "../../cli/targets/ec2/target.ts";
import { ec2With } from "../unit/fixtures.ts";
import { type Ec2Stack, ec2Stack } from "./support/ec2Stack.ts";

/** Nodes move the address by AWS's API, behind the engine's back. */

/** Every mode whose address Pulumi makes something of: one that an Elastic IP follows, and one that is routed. */
function config() {
  const { pairs, ...rest } = ec2With({ elasticIp: "follow" }, { prebaked: true, protect: false });
  const routed = {
    name: "routed",
    vrrp: { routerId: 52 },
    vip: { address: "172.31.255.1", mode: "route" },
    nodes: [
      { name: "router1", address: "10.0.1.50" },
      { name: "router2", address: "10.0.1.51" },
    ],
  };
  return { ...rest, pairs: [...(pairs as unknown[]), routed] };
}

const whole = async () => (await import("../../stacks/program.ts")).program();

/** The same stack, without what leaves the mover's work alone. */
const without = async () => {
  pulumi.runtime.registerStackTransformation(({ type, props, opts }) => {
    if (!/:(NetworkInterface|Route|Instance)$/.test(type)) return undefined;
    const ignoreChanges = (Object(opts).ignoreChanges ?? []).filter((key: string) =>
      key.startsWith("userData"),
    );
    return { props, opts: { ...opts, ignoreChanges } };
  });
  return whole();
};

describe("a stack on EC2", () => {
  let stack: Ec2Stack;
  beforeAll(async () => {
    stack = await ec2Stack(config(), whole);
  });
  afterAll(() => stack.remove());

  test("comes up, and a second run changes nothing", async () => {
    expect((await stack.up(whole)).create).toBeGreaterThan(60);
    expect((await stack.preview(whole)).steps).toEqual([]);
  });

  describe("after the mover has moved its addresses", () => {
    beforeAll(() => {
      const to = /^haproxy2-/;
      stack.change("NetworkInterface", to, (before) => {
        const privateIps = [...(before.privateIps as string[]), "10.0.1.100"];
        return { ...before, privateIps, privateIpLists: privateIps, privateIpsCount: 1 };
      });
      stack.change("Eip", /^pg-vip$/, (before) => ({
        ...before,
        networkInterface: stack.idOf("NetworkInterface", to),
        instance: stack.idOf("Instance", to),
      }));
      const router = stack.idOf("NetworkInterface", /^router2-/);
      stack.change("Route", /^routed-vip-/, (before) => ({ ...before, networkInterfaceId: router }));
    });

    test("a preview shows no change", async () => {
      expect((await stack.preview(whole)).steps).toEqual([]);
    });

    test("a refresh finds what AWS has, and no preview after it shows a change", async () => {
      await stack.refresh();
      const { changes, steps } = await stack.preview(whole);
      expect(steps).toEqual([]);
      expect(Object.keys(changes)).toEqual(["same"]);
    });

    test("only because the stack ignores these changes: it would take the addresses off their holders otherwise", async () => {
      await stack.refresh();
      const { steps } = await stack.preview(without);
      // The policy follows, whose interface would be changed.
      expect(steps).toEqual([
        // A routed address needs an interface that does not check destinations; AWS says that of its instance too.
        "update Instance router1-instance",
        "update Instance router2-instance",
        "update NetworkInterface haproxy2-10.0.1.21",
        "update RolePolicy pg-nodes",
        "update Route routed-vip-10.0.1.0-24",
      ]);
    });

    test("a roll-out leaves the addresses where they are", async () => {
      await stack.up(whole);
      expect((await stack.preview(whole)).steps).toEqual([]);
      expect(stack.hasOf("NetworkInterface", /^haproxy2-/).privateIps).toEqual(["10.0.1.21", "10.0.1.100"]);
      for (const router of [/^router1-/, /^router2-/])
        expect(stack.hasOf("NetworkInterface", router).sourceDestCheck).toBe(false);
    });

    test("a killed run's resource that AWS may have is neither made again nor left behind by the removal", async () => {
      const { workDir } = stack.engine.workspace;
      const home = openHome(dirname(workDir));
      const configFile = join(workDir, "Pulumi.cloud.yaml");
      stack.leavePending("aws:ec2/vpc:Vpc", "second");
      const told =
        /^cloud: a run was killed while AWS made Vpc cloud-second, .*--clear-pending-creates.*::second ID'$/;
      await expect(openStack(home, "cloud", configFile)).rejects.toThrow(told);
      // Also where the state has nothing else.
      const removal = { name: "cloud", home, without: [], resources: [], configFile: () => configFile };
      await expect(ec2.remove(removal)).rejects.toThrow(told);
      await stack.engine.refresh({ clearPendingCreates: true });
      await expect(openStack(home, "cloud", configFile)).resolves.toBeDefined();
    });

    test("it is removed whole: the Elastic IP after the interface that has it", async () => {
      await engineDestroy(stack.engine, "");
      expect(stack.ids()).toEqual([]);
    });
  });
});
