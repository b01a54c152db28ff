import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { noVpcFaults } from "../../../contract/vpc.ts";
import { setCut, setParted } from "../../../lab/vpc/inVpc.ts";
import type { Vpc } from "../../../lab/vpc/vpc.ts";
import { allocationId, interfaceId, routeTableId } from "../../harness/vpcSpec.ts";
import {
  addresses,
  closeSubnet,
  elasticIp,
  lab,
  type Machine,
  openSubnet,
  overlay,
  plugIn,
  port,
  unplugFrom,
  vip,
  vpcWith,
} from "./namespaces.ts";
import { clients, itself, nodes, routedTo, rule, specOf, toApi, vrrp } from "./spec.ts";
import { callEc2, leastRemembered, sendFrom, sendVrrp, vrrpArrives, whoAnswers } from "./traffic.ts";

beforeAll(() => openSubnet("t-subnet"));
afterAll(closeSubnet);

const take = (machine: Machine) =>
  callEc2(machine, "AssignPrivateIpAddresses", {
    NetworkInterfaceId: interfaceId(machine),
    "PrivateIpAddress.1": vip,
    AllowReassignment: "true",
  });

async function healthy(vpc: Vpc) {
  expect((await vpc.state()).problems).toEqual([]);
}

describe("a private address", () => {
  let vpc: Vpc;
  beforeAll(async () => {
    vpc = await vpcWith(specOf("secondary-ip", [clients, ...toApi]));
  });
  beforeEach(() => vpc.fail(noVpcFaults));

  test("leads nowhere while it belongs to nobody, though every node has it", async () => {
    expect(await whoAnswers(vip)).toBe("nobody");
    expect(await whoAnswers(addresses.a)).toBe("a");
  });

  test("leads to the node that the API says, also where it moves back", async () => {
    for (const machine of ["a", "b", "a"] as const) {
      expect(await take(machine)).toContain("<return>true</return>");
      expect(await whoAnswers(vip)).toBe(machine);
      expect(await vpc.state()).toMatchObject({ owners: { [vip]: machine }, delivered: { [vip]: machine } });
    }
    const { deliveries } = await vpc.state();
    expect(deliveries.map(({ machine }) => machine)).toEqual(["a", "b", "a"]);
    await healthy(vpc);
  });

  test("moves in metadata and for packets a while after the API has accepted it", async () => {
    await vpc.fail({ effectMs: 4000 });
    expect(await take("b")).toContain("<return>true</return>");
    expect(await vpc.state()).toMatchObject({ owners: { [vip]: "b" }, delivered: { [vip]: "a" } });
    expect(await whoAnswers(vip)).toBe("a");
    await expect.poll(() => whoAnswers(vip), { timeout: 20_000 }).toBe("b");
  });

  test("packets from it are dropped where they come from another node", async () => {
    const before = (await vpc.dropped()).spoofed;
    await sendFrom("a", vip, "10.0.1.10");
    expect((await vpc.dropped()).spoofed).toBeGreaterThan(before);
  });

  test("is taken by nobody without a role, nor for an interface that the policy does not name", async () => {
    const interfaces = { NetworkInterfaceId: interfaceId("c"), "PrivateIpAddress.1": vip };
    expect(await callEc2("a", "AssignPrivateIpAddresses", interfaces)).toBe("UnauthorizedOperation");
    expect(await callEc2("a", "DescribeNetworkInterfaces", {})).toBe("UnauthorizedOperation");
    expect(await callEc2("c", "AssignPrivateIpAddresses", interfaces)).toBe("NoCredentials");
  });

  test("is not moved by a machine that does not trust the API's certificate", async () => {
    const parameters = { NetworkInterfaceId: interfaceId("b"), "PrivateIpAddress.1": vip };
    expect(await callEc2("b", "AssignPrivateIpAddresses", parameters, false)).toBe("NoAnswer");
  });

  test("is not moved where either end of a call lacks its rule", async () => {
    const [out, into] = toApi;
    for (const rules of [[out], [into]].map((some) => [clients, ...some.flatMap((rule) => rule ?? [])])) {
      await vpc.setRules(rules);
      expect(await take("b")).toBe("NoAnswer");
    }
    await vpc.setRules([clients, ...toApi]);
    expect(await take("b")).toContain("<return>true</return>");
  });

  test.each([
    [{ api: "unavailable" as const }, "Unavailable"],
    [{ api: "throttled" as const }, "RequestLimitExceeded"],
    [{ api: "garbage" as const }, "Malformed"],
    [{ api: "silent" as const }, "NoAnswer"],
    [{ apiDelayMs: 5000 }, "NoAnswer"],
    [{ credentialsExpired: true }, "RequestExpired"],
    [{ metadataDown: ["b"] }, "NoCredentials"],
  ])("with %o a call fails as %s, and works again afterwards", async (fault, code) => {
    await vpc.fail(fault);
    expect(await take("b")).toBe(code);
    await vpc.fail(noVpcFaults);
    expect(await take("b")).toContain("<return>true</return>");
  });

  test("stays with a node that boots again, whose cable is another one", async () => {
    await take("a");
    await unplugFrom("a");
    await expect.poll(async () => (await vpc.state()).attached).toEqual(["b", "c"]);
    expect(await whoAnswers(vip)).toBe("nobody");
    await plugIn("a");
    await expect.poll(() => whoAnswers(vip), { timeout: 10_000 }).toBe("a");
    await healthy(vpc);
  });

  test("a node that is cut off answers nobody", async () => {
    setCut(lab, "a", true);
    try {
      expect(await whoAnswers(vip)).toBe("nobody");
      expect(await take("b")).toContain("<return>true</return>");
    } finally {
      setCut(lab, "a", false);
    }
    expect(await whoAnswers(addresses.a)).toBe("a");
  });

  test("two nodes that are parted still reach the API and clients", async () => {
    await vpc.setRules([clients, ...toApi, rule("out", "tcp", itself, port)]);
    expect(await whoAnswers(addresses.b, "a")).toBe("b");
    setParted(lab, "a", "b", true);
    try {
      expect(await whoAnswers(addresses.b, "a")).toBe("nobody");
      expect(await whoAnswers(addresses.a)).toBe("a");
      expect(await take("a")).toContain("<return>true</return>");
    } finally {
      setParted(lab, "a", "b", false);
    }
    expect(await whoAnswers(addresses.b, "a")).toBe("b");
  });
});

describe("protocol 112", () => {
  test("passes between the nodes with its rules, and never by multicast", async () => {
    const vpc = await vpcWith(specOf("secondary-ip", vrrp));
    expect(await vrrpArrives("a", "b")).toBe(3);
    expect(await vrrpArrives("b", "a")).toBe(3);
    await sendVrrp("a", "224.0.0.18");
    expect((await vpc.dropped()).multicast).toBeGreaterThan(0);
    await healthy(vpc);
  });

  test("does not pass where neither node has a rule for it", async () => {
    const vpc = await vpcWith(specOf("secondary-ip", [clients, ...toApi]));
    expect(await vrrpArrives("a", "b")).toBe(0);
    expect((await vpc.dropped()).egress).toBeGreaterThan(0);
  });

  test("a rule for what leaves lets the answers in, and a revoked rule bites late", async () => {
    const vpc = await vpcWith(specOf("secondary-ip", [rule("out", "112", itself)]));
    // The first packet leaves a, and b drops it; from then on a hears b, which has sent to a already.
    expect(await vrrpArrives("a", "b")).toBe(0);
    expect(await vrrpArrives("b", "a")).toBe(3);
    await vpc.setRules([]);
    expect(await vrrpArrives("b", "a")).toBe(3);
  });

  test("is remembered for as long as it flows, whatever the rules say meanwhile", async () => {
    const vpc = await vpcWith(specOf("secondary-ip", vrrp));
    await sendVrrp("a", addresses.b);
    await vpc.setRules([]);
    await expect.poll(leastRemembered, { timeout: 10_000 }).toBeLessThan(598);
    await sendVrrp("a", addresses.b);
    expect(await leastRemembered()).toBeGreaterThanOrEqual(598);
  });
});

describe("an address outside the subnet", () => {
  const replace = (machine: Machine) =>
    callEc2(machine, "ReplaceRoute", {
      RouteTableId: routeTableId,
      DestinationCidrBlock: `${overlay}/32`,
      NetworkInterfaceId: interfaceId(machine),
    });

  test("leads to the node of its route", async () => {
    const vpc = await vpcWith(specOf("route", [clients, ...toApi], routedTo("a"), false));
    await expect.poll(() => whoAnswers(overlay)).toBe("a");
    expect(await replace("b")).toContain("<return>true</return>");
    expect(await whoAnswers(overlay)).toBe("b");
    expect(await callEc2("a", "DescribeRouteTables", { "RouteTableId.1": routeTableId })).toContain(
      `<networkInterfaceId>${interfaceId("b")}</networkInterfaceId>`,
    );
    await healthy(vpc);
  });

  test("is dropped at an interface that checks source and destination", async () => {
    const vpc = await vpcWith(specOf("route", [clients, ...toApi], routedTo("a")));
    await expect.poll(async () => (await vpc.state()).delivered).toEqual({ [overlay]: "a" });
    expect(await whoAnswers(overlay)).toBe("nobody");
    expect((await vpc.dropped()).misdelivered).toBeGreaterThan(0);
  });
});

test("an Elastic IP leads to the private address that it is associated with", async () => {
  const elasticIps = [{ allocationId, address: elasticIp }];
  const vpc = await vpcWith(specOf("elastic-ip", [clients, ...toApi], { elasticIps }));
  for (const machine of nodes) {
    const answer = await callEc2(machine, "AssociateAddress", {
      AllocationId: allocationId,
      NetworkInterfaceId: interfaceId(machine),
      PrivateIpAddress: addresses[machine],
      AllowReassociation: "true",
    });
    expect(answer).toContain("<associationId>eipassoc-");
    expect(await whoAnswers(elasticIp)).toBe(machine);
  }
  await healthy(vpc);
});
