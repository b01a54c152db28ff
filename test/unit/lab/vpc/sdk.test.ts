import {
  AssignPrivateIpAddressesCommand,
  AssociateAddressCommand,
  DescribeAddressesCommand,
  DescribeNetworkInterfacesCommand,
  DescribeRouteTablesCommand,
  EC2Client,
  type EC2ClientConfig,
  EC2ServiceException,
  ReplaceRouteCommand,
} from "@aws-sdk/client-ec2";
import { afterEach, expect, test } from "vitest";
import { noVpcFaults, type VpcFaults } from "../../../../contract/vpc.ts";
import type { TemporaryKeys } from "../../../../lab/vpc/api/signature.ts";
import { allocationId, interfaceId, region, routeTableId, vpcAddresses } from "../../../harness/vpcSpec.ts";
import { ApiWorld } from "./vpcFixtures.ts";

/** AWS's own client reads every answer of the lab's API as what it means, and its signatures are accepted. */

const { vip, elasticIp, overlay } = vpcAddresses;
let stack = new AsyncDisposableStack();
afterEach(async () => {
  await stack.disposeAsync();
  stack = new AsyncDisposableStack();
});

async function clientOf(world: ApiWorld, machine = "a", change: Partial<EC2ClientConfig> = {}) {
  const { id, secret, token } = world.keys.of(machine);
  const credentials = { accessKeyId: id, secretAccessKey: secret, sessionToken: token };
  const usual = { region, endpoint: await world.api(), credentials, maxAttempts: 1 };
  const client = new EC2Client({ ...usual, ...change });
  stack.defer(() => client.destroy());
  return client;
}

const open = (...args: ConstructorParameters<typeof ApiWorld>) => stack.use(new ApiWorld(...args));
const take = (machine: string, more: object = {}) =>
  new AssignPrivateIpAddressesCommand({
    NetworkInterfaceId: interfaceId(machine),
    PrivateIpAddresses: [vip],
    AllowReassignment: true,
    ...more,
  });

test("a private address: assigned, described with its interface, and moved", async () => {
  const world = open("secondary-ip", true);
  const client = await clientOf(world);
  expect(await client.send(take("a"))).toMatchObject({
    NetworkInterfaceId: interfaceId("a"),
    AssignedPrivateIpAddresses: [{ PrivateIpAddress: vip }],
  });
  await client.send(
    new AssociateAddressCommand({
      AllocationId: allocationId,
      NetworkInterfaceId: interfaceId("a"),
      PrivateIpAddress: vip,
    }),
  );
  await client.send(take("b"));
  expect(world.told).toEqual([
    `route ${overlay} a`,
    `assign ${vip} a`,
    `translate ${elasticIp} ${vip}`,
    `assign ${vip} b`,
  ]);
  const { NetworkInterfaces } = await client.send(new DescribeNetworkInterfacesCommand({}));
  expect(NetworkInterfaces).toMatchObject([
    {
      NetworkInterfaceId: interfaceId("a"),
      PrivateIpAddress: "10.0.1.20",
      SourceDestCheck: true,
      Groups: [{ GroupName: "nodes" }],
      PrivateIpAddresses: [{ PrivateIpAddress: "10.0.1.20", Primary: true }],
    },
    {
      NetworkInterfaceId: interfaceId("b"),
      Status: "in-use",
      PrivateIpAddresses: [
        { PrivateIpAddress: "10.0.1.21", Primary: true },
        {
          PrivateIpAddress: vip,
          Primary: false,
          Association: { PublicIp: elasticIp, AllocationId: allocationId },
        },
      ],
    },
  ]);
});

test("an Elastic IP: associated, described, and refused for an address that is not the interface's", async () => {
  const world = open("elastic-ip");
  const client = await clientOf(world);
  const associate = (machine: string, address: string) =>
    client.send(
      new AssociateAddressCommand({
        AllocationId: allocationId,
        NetworkInterfaceId: interfaceId(machine),
        PrivateIpAddress: address,
        AllowReassociation: true,
      }),
    );
  const { AssociationId } = await associate("a", "10.0.1.20");
  expect(AssociationId).toMatch(/^eipassoc-/);
  await associate("b", "10.0.1.21");
  expect(
    (await client.send(new DescribeAddressesCommand({ AllocationIds: [allocationId] }))).Addresses,
  ).toEqual([
    expect.objectContaining({
      PublicIp: elasticIp,
      AllocationId: allocationId,
      Domain: "vpc",
      NetworkInterfaceId: interfaceId("b"),
      PrivateIpAddress: "10.0.1.21",
    }),
  ]);
  await expect(associate("b", "10.0.1.20")).rejects.toMatchObject({ name: "InvalidParameterValue" });
});

test("a route: replaced, described, and refused where there is none to replace", async () => {
  const world = open("route");
  const client = await clientOf(world, "b");
  const replace = (destination: string, DryRun = false) =>
    client.send(
      new ReplaceRouteCommand({
        RouteTableId: routeTableId,
        DestinationCidrBlock: destination,
        NetworkInterfaceId: interfaceId("b"),
        DryRun,
      }),
    );
  await expect(replace(`${overlay}/32`, true)).rejects.toMatchObject({
    name: "DryRunOperation",
    $metadata: { httpStatusCode: 412 },
  });
  expect(world.told).toEqual([`route ${overlay} a`]);
  await replace(`${overlay}/32`);
  expect(world.told.at(-1)).toBe(`route ${overlay} b`);
  const { RouteTables } = await client.send(
    new DescribeRouteTablesCommand({ RouteTableIds: [routeTableId] }),
  );
  expect(RouteTables).toMatchObject([
    {
      RouteTableId: routeTableId,
      Routes: [
        { GatewayId: "local", State: "active" },
        { DestinationCidrBlock: `${overlay}/32`, NetworkInterfaceId: interfaceId("b"), State: "active" },
      ],
      Associations: [{ Main: true }],
    },
  ]);
  await expect(replace("10.77.0.1/32")).rejects.toMatchObject({ name: "InvalidParameterValue" });
});

test.each<[string, Partial<VpcFaults>, string, number]>([
  ["the API fails", { api: "unavailable" }, "Unavailable", 503],
  ["AWS throttles", { api: "throttled" }, "RequestLimitExceeded", 503],
  ["keys have expired", { credentialsExpired: true }, "RequestExpired", 400],
])("an error where %s", async (_, faults, name, httpStatusCode) => {
  const world = open("secondary-ip");
  const client = await clientOf(world);
  world.faults = { ...noVpcFaults, ...faults };
  const error: unknown = await client.send(take("a")).catch((error: unknown) => error);
  expect(error).toBeInstanceOf(EC2ServiceException);
  expect(error).toMatchObject({ name, $metadata: { httpStatusCode } });
  expect(world.told).toEqual([`route ${overlay} a`]);
});

test.each<[string, object, string]>([
  ["another interface than the policy names", { NetworkInterfaceId: "eni-other" }, "UnauthorizedOperation"],
  ["an address outside the subnet", { PrivateIpAddresses: ["10.9.9.9"] }, "InvalidParameterValue"],
  ["an address that AWS reserves", { PrivateIpAddresses: ["10.0.1.3"] }, "InvalidParameterValue"],
  ["the subnet's last address", { PrivateIpAddresses: ["10.0.1.255"] }, "InvalidParameterValue"],
  ["an interface's primary address", { PrivateIpAddresses: ["10.0.1.21"] }, "InvalidParameterValue"],
  ["a parameter that is not modelled", { SecondaryPrivateIpAddressCount: 1 }, "UnknownParameter"],
])("%s is refused", async (_, more, name) => {
  const world = open("secondary-ip");
  const client = await clientOf(world);
  await expect(client.send(take("a", more))).rejects.toMatchObject({ name });
});

test("an address of another interface is not taken without saying so", async () => {
  const client = await clientOf(open("secondary-ip"));
  await client.send(take("a"));
  await expect(client.send(take("b", { AllowReassignment: false }))).rejects.toMatchObject({
    name: "InvalidParameterValue",
    message: expect.stringContaining("move is not allowed"),
  });
});

/** The clock of whoever signs is wrong by six minutes, one more than AWS accepts. */
const late = { systemClockOffset: -6 * 60_000 };
test.each<[string, (keys: TemporaryKeys) => Partial<EC2ClientConfig>, string]>([
  [
    "another secret",
    (keys) => ({ credentials: signer({ ...keys, secret: "another" }) }),
    "SignatureDoesNotMatch",
  ],
  ["another region", () => ({ region: "eu-west-1" }), "SignatureDoesNotMatch"],
  ["an old date", () => late, "RequestExpired"],
  ["no session token", ({ id, secret }) => ({ credentials: signer({ id, secret }) }), "AuthFailure"],
  [
    "another role's session token",
    (keys) => ({ credentials: signer({ ...keys, token: "another" }) }),
    "AuthFailure",
  ],
])("a request that is signed with %s is refused", async (_, changeOf, name) => {
  const world = open("secondary-ip");
  const client = await clientOf(world, "a", changeOf(world.keys.of("a")));
  await expect(client.send(take("a"))).rejects.toMatchObject({ name });
  expect(world.told).toEqual([`route ${overlay} a`]);
});

function signer({ id, secret, token }: Pick<TemporaryKeys, "id" | "secret"> & { token?: string }) {
  return { accessKeyId: id, secretAccessKey: secret, ...(token !== undefined && { sessionToken: token }) };
}

test("keys that were replaced are refused", async () => {
  const world = open("secondary-ip");
  const client = await clientOf(world);
  world.keys.replace();
  await expect(client.send(take("a"))).rejects.toMatchObject({ name: "AuthFailure" });
});
