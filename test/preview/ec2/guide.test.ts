import { beforeEach, describe, expect, test } from "vitest";
import { ec2Config } from "../../harness/testConfig.ts";
import { declare, ofType } from "./declare.ts";
import { forget, made, mockAws } from "./ec2Mocks.ts";

/** The usual guide to such a pair in a VPC, line by line; application, monitoring and operators have a network each. */

const application = "10.0.1.10/32";
const monitoring = "10.0.2.0/24";
const operators = "10.0.0.0/24";
const nodes = "SecurityGroup/hapair-pg-nodes";

beforeEach(async () => {
  await mockAws();
  forget();
  process.env.SSH_AUTH_SOCK = "/run/agent";
  await declare(ec2Config());
});

/** Who reaches a port of the nodes. */
function sourcesOf(port: number): readonly string[] {
  return ofType("SecurityGroupIngressRule")
    .map(({ inputs }) => inputs)
    .filter(({ securityGroupId, fromPort, toPort }) => {
      return securityGroupId === nodes && fromPort <= port && port <= toPort;
    })
    .map(({ cidrIpv4, referencedSecurityGroupId }) => cidrIpv4 ?? referencedSecurityGroupId)
    .toSorted();
}

describe("security groups let through", () => {
  test("5432 from the application servers alone", () => {
    expect(sourcesOf(5432)).toEqual([application]);
  });

  test("8404 from monitoring alone, 8405 from monitoring and between the nodes", () => {
    expect(sourcesOf(8404)).toEqual([monitoring]);
    expect(sourcesOf(8405)).toEqual([monitoring, nodes]);
  });

  test("22 from the operators' network alone, to every host", () => {
    expect(sourcesOf(22)).toEqual([operators]);
    const ssh = ofType("SecurityGroupIngressRule").filter(({ inputs }) => inputs.fromPort === 22);
    expect(ssh.map(({ inputs }) => [inputs.securityGroupId, inputs.cidrIpv4]).toSorted()).toEqual([
      [nodes, operators],
      ["SecurityGroup/hapair-pg-pool", operators],
    ]);
  });

  test("protocol 112 between the two nodes alone, in both directions", () => {
    const vrrp = made.filter(({ inputs }) => inputs.ipProtocol === "112");
    expect(vrrp.map(({ type }) => type.split(":").at(-1)).toSorted()).toEqual([
      "SecurityGroupEgressRule",
      "SecurityGroupIngressRule",
    ]);
    for (const { inputs } of vrrp) {
      expect([inputs.securityGroupId, inputs.referencedSecurityGroupId]).toEqual([nodes, nodes]);
      expect(inputs.cidrIpv4).toBeUndefined();
    }
  });
});

test("the two instances are in one private subnet: no public address, and no way in from the internet", () => {
  const own = ofType("NetworkInterface").filter(({ name }) => name.startsWith("haproxy"));
  expect(own.flatMap(({ inputs }) => inputs.privateIps).toSorted()).toEqual(["10.0.1.20", "10.0.1.21"]);
  for (const { inputs } of own) {
    expect(inputs.subnetId).toBe("Subnet/subnet-10.0.1.0-24");
    expect(inputs.securityGroups).toEqual([nodes]);
  }
  const [subnet] = ofType("Subnet").filter(({ name }) => name === "subnet-10.0.1.0-24");
  expect(subnet?.inputs).toMatchObject({ cidrBlock: "10.0.1.0/24", mapPublicIpOnLaunch: false });
  for (const { inputs } of ofType("Instance")) expect(inputs.associatePublicIpAddress).not.toBe(true);
  const [association] = ofType("RouteTableAssociation").filter(({ inputs }) => {
    return inputs.subnetId === "Subnet/subnet-10.0.1.0-24";
  });
  const ways = ofType("Route").filter(
    ({ inputs }) => inputs.routeTableId === association?.inputs.routeTableId,
  );
  expect(ways).toHaveLength(1);
  for (const { inputs } of ways)
    expect([inputs.gatewayId, inputs.natGatewayId]).toEqual([undefined, "NatGateway/nat"]);
});

test("the virtual address is of that subnet, reserved, and assigned to no interface before the mover does", () => {
  expect(ofType("SubnetCidrReservation").map(({ inputs }) => inputs)).toMatchObject([
    { cidrBlock: "10.0.1.100/32", subnetId: "Subnet/subnet-10.0.1.0-24" },
  ]);
  const assigned = ofType("NetworkInterface").flatMap(({ inputs }) => inputs.privateIps);
  expect(assigned).toHaveLength(3);
  expect(assigned).not.toContain("10.0.1.100");
});
