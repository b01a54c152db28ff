import * as pulumi from "@pulumi/pulumi";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ec2With } from "../unit/fixtures.ts";
import { type Ec2Stack, ec2Stack } from "./support/ec2Stack.ts";

/** Nodes move the address by AWS's API, behind the engine's back. */

/** Every mode whose address Pulumi makes something of: one that an Elastic IP follows, and one that is routed. */
function config() {
  const { pairs, ...rest } = ec2With({ elasticIp: "follow" }, { prebaked: true });
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
  pulumi.runtime.registerStackTransformation(({ type, props, opts }) =>
    /:(NetworkInterface|Route|Eip)$/.test(type) ? { props, opts: { ...opts, ignoreChanges: [] } } : undefined,
  );
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
        "update NetworkInterface haproxy2-10.0.1.21",
        "update RolePolicy pg-nodes",
        "update Route routed-vip-10.0.1.0-24",
      ]);
    });

    test("a roll-out leaves the addresses where they are", async () => {
      await stack.up(whole);
      expect((await stack.preview(whole)).steps).toEqual([]);
      expect(stack.addressesOf(/^haproxy2-/)).toEqual(["10.0.1.21", "10.0.1.100"]);
    });
  });
});
