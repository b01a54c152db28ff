import fc from "fast-check";
import { expect, test } from "vitest";
import { ec2Firewall, isReserved, natSubnetOf } from "../../../topology/ec2.ts";
import { parseTopology } from "../../../topology/parse.ts";
import { hostsConfig } from "../../harness/testConfig.ts";
import { ec2With, labWithPair, problemsOf } from "../fixtures.ts";

const named = { vpc: { id: "vpc-0123456789abcdef0" } };

test("the keys of an address that only AWS gives a meaning are refused on every other target", () => {
  const refused = "has a meaning on the target ec2 alone: remove it";
  const vip = { address: "10.0.1.100", mode: "route", elasticIp: "none" };
  expect(problemsOf(labWithPair({ vip }))).toEqual([
    `pairs[0].vip.elasticIp: ${refused}`,
    `pairs[0].vip.mode: ${refused}`,
  ]);
  const config = hostsConfig() as { pairs: [Record<string, unknown>]; hosts: Record<string, unknown> };
  const pairs = [{ ...config.pairs[0], vip: { address: "192.0.2.100", mode: "secondary-ip" } }];
  expect(problemsOf({ ...config, pairs })).toEqual([`pairs[0].vip.mode: ${refused}`]);
});

test("the whole internet is accepted as a source where the config says that it is meant", () => {
  expect(problemsOf(ec2With({}, { ssh: ["0.0.0.0/0"], anywhere: true }))).toEqual([]);
});

test("the hosts' firewall accepts the same networks as the security groups, and the VPC for members of a group", () => {
  const { firewall } = parseTopology(
    ec2With(
      {},
      { application: ["sg-01234567", "192.0.2.0/24"], ssh: ["198.51.100.7/32"], monitoring: undefined },
    ),
  );
  expect(firewall).toEqual({
    clients: ["10.0.0.0/16", "192.0.2.0/24"],
    monitoring: ["10.0.1.0/24"],
    ssh: ["198.51.100.7/32"],
    admin: ["10.0.1.0/24"],
  });
  const { target } = parseTopology(ec2With({}, { ...named, application: ["sg-01234567"] }));
  if (target.kind !== "ec2") throw new Error("the example's target is ec2");
  expect(ec2Firewall(target, "10.0.1.0/24").clients).toContain("10.0.0.0/8");
});

test("AWS keeps five addresses of every subnet, whatever its size", () => {
  const cidr = fc
    .tuple(fc.integer({ min: 0, max: 255 }), fc.integer({ min: 16, max: 28 }))
    .map(([a, length]) => {
      const bits = (a * 2 ** 24 + 0) >>> 0;
      const size = 2 ** (32 - length);
      const start = Math.floor((10 * 2 ** 24 + (bits >>> 8)) / size) * size;
      return { start, length, size };
    });
  const text = (number: number) => [24, 16, 8, 0].map((shift) => (number / 2 ** shift) & 255).join(".");
  fc.assert(
    fc.property(cidr, fc.double({ min: 0, max: 0.999, noNaN: true }), ({ start, length, size }, at) => {
      const kept = (offset: number) => isReserved(`${text(start)}/${length}`, text(start + offset));
      expect([0, 1, 2, 3, size - 1].map(kept)).toEqual([true, true, true, true, true]);
      const offset = 4 + Math.floor(at * (size - 5));
      expect(kept(offset)).toBe(false);
    }),
  );
});

test("the NAT gateway's subnet is at the end of the VPC unless the config says where", () => {
  expect(natSubnetOf({ vpc: { cidr: "10.0.0.0/16" } })).toBe("10.0.255.240/28");
  expect(natSubnetOf({ vpc: { cidr: "10.0.0.0/16" }, natSubnet: "10.0.0.0/28" })).toBe("10.0.0.0/28");
});
