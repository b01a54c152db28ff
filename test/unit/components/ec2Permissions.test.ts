import { expect, test } from "vitest";
import { neededActions } from "../../../components/machines/ec2/account/permissions.ts";
import { parseTopology } from "../../../topology/parse.ts";
import { ec2With } from "../fixtures.ts";

const needed = (vip: Record<string, unknown>, section: Record<string, unknown> = {}) => {
  const { target, pairs } = parseTopology(ec2With(vip, section));
  if (target.kind !== "ec2") throw new Error("the example's target is ec2");
  return neededActions(target, pairs);
};
const gateway = "ec2:CreateNatGateway";
const vpc = "ec2:CreateVpc";

test("the permissions that are asked for beforehand are those of what the config makes", () => {
  const whole = needed({});
  for (const action of [gateway, vpc, "ec2:CreateVpcEndpoint", "ec2:ImportKeyPair", "iam:PassRole"])
    expect(whole).toContain(action);
  expect(whole).toEqual([...new Set(whole)].sort());
});

test("nothing is asked for that exists or is left out", () => {
  const existing = {
    vpc: { id: "vpc-0123456789abcdef0" },
    subnets: [{ zone: "eu-central-1a", cidr: "10.0.1.0/24", id: "subnet-0123456789abcdef0" }],
    keyPair: "operators",
    api: "nat",
  };
  const few = needed({}, existing);
  const left = [gateway, vpc, "ec2:CreateSubnet", "ec2:CreateVpcEndpoint", "ec2:ImportKeyPair"];
  expect(few.filter((action) => [...left, "ec2:AllocateAddress"].includes(action))).toEqual([]);
  expect(needed({}, { internet: "none", prebaked: true })).not.toContain(gateway);
});

test("each mode of the address adds its own", () => {
  expect(needed({})).toContain("ec2:CreateSubnetCidrReservation");
  const routed = needed({ address: "172.31.255.1", mode: "route" });
  expect(routed).toContain("ec2:CreateRoute");
  expect(routed).not.toContain("ec2:CreateSubnetCidrReservation");
  expect(needed({ elasticIp: "follow" }, { prebaked: true })).toContain("ec2:AllocateAddress");
});
