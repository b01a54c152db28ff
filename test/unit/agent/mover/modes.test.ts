import { afterEach, beforeEach, expect, test } from "vitest";
import { openMode } from "../../../../agent/address/mover/modes.ts";
import { openBudget } from "../../../../agent/aws/budget.ts";
import { openCredentials } from "../../../../agent/aws/credentials.ts";
import { openEc2 } from "../../../../agent/aws/ec2.ts";
import { openMetadata } from "../../../../agent/aws/metadata.ts";
import { MoverConfig } from "../../../../contract/moverConfig.ts";
import { Aws, allocationId, elasticIp, type InterfaceName, overlay, region } from "./awsFake.ts";
import { moverConfig } from "./moverFixtures.ts";

let stack: AsyncDisposableStack;
let aws: Aws;
beforeEach(async () => {
  stack = new AsyncDisposableStack();
  aws = stack.use(await Aws.open());
});
afterEach(() => stack.disposeAsync());

async function modeOn(name: InterfaceName, more: object) {
  const config = moverConfig({ privateAddress: aws.interfaces[name].own, ...more });
  const metadata = openMetadata(await aws.metadata(name));
  const credentials = openCredentials(metadata);
  const budget = openBudget(600, () => performance.now());
  return openMode(config, metadata, openEc2({ region, endpoint: aws.endpoint, credentials, budget }));
}

test.each<[MoverConfig["mode"], object, readonly string[]]>([
  ["secondary-ip", { address: "10.0.1.100" }, ["AssignPrivateIpAddresses"]],
  ["elastic-ip", { address: elasticIp, allocationId }, ["AssociateAddress"]],
  ["route", { address: overlay, routeTableIds: ["rtb-1", "rtb-2"] }, ["DescribeRouteTables", "ReplaceRoute"]],
])(
  "with %s the address is on the node that moved it last, once AWS shows it, and nowhere else",
  async (mode, more, actions) => {
    const [a, b] = [await modeOn("a", { mode, ...more }), await modeOn("b", { mode, ...more })];
    const where = async () => [await a.look(), await b.look()];
    expect(await where()).toEqual([false, false]);
    await a.move();
    await expect.poll(where).toEqual([true, false]);
    await a.move();
    aws.hold();
    await b.move();
    expect(await where()).toEqual([true, false]);
    aws.takeEffect();
    expect(await where()).toEqual([false, true]);
    expect(aws.actions().toSorted()).toEqual(actions);
  },
);

test("with route the address is on a node only where every table leads to it", async () => {
  const node = await modeOn("a", { mode: "route", address: overlay, routeTableIds: ["rtb-1", "rtb-2"] });
  aws.routes.set("rtb-1", "eni-0a");
  aws.routes.set("rtb-2", "eni-0b");
  expect(await node.look()).toBe(false);
  aws.routes.set("rtb-2", "eni-0a");
  expect(await node.look()).toBe(true);
});

test("with route a table that is not there any more keeps no other one from leading here, and is named", async () => {
  const tables = ["rtb-1", "rtb-2", "rtb-3"];
  const node = await modeOn("a", { mode: "route", address: overlay, routeTableIds: tables });
  aws.deleted.add("rtb-1");
  await expect(node.move()).rejects.toThrow("InvalidRouteTableID.NotFound: The routeTable ID 'rtb-1'");
  await expect
    .poll(() => [...aws.routes])
    .toEqual([
      ["rtb-2", "eni-0a"],
      ["rtb-3", "eni-0a"],
    ]);
  await expect(node.look()).rejects.toThrow("InvalidRouteTableID.NotFound");
});

const folder = "network/interfaces/macs/02:00:00:00:00:14";
test.each<[MoverConfig["mode"], object, string, string | null]>([
  ["secondary-ip", {}, `${folder}/local-ipv4s`, null],
  ["secondary-ip", {}, `${folder}/local-ipv4s`, ""],
  ["elastic-ip", { address: elasticIp, allocationId }, `${folder}/local-ipv4s`, null],
  ["elastic-ip", { address: elasticIp, allocationId }, `${folder}/public-ipv4s`, ""],
])(
  "with %s metadata that lacks what is always there tells nothing: %o %s %j",
  async (mode, more, name, text) => {
    const node = await modeOn("a", { mode, interfaceId: "eni-0a", ...more });
    expect(await node.look()).toBe(false);
    aws.metadataFault = (read) => (read === name ? text : undefined);
    await expect(node.look()).rejects.toThrow("the metadata service");
  },
);

test("with route an answer without the tables tells nothing", async () => {
  const node = await modeOn("a", { mode: "route", address: overlay, routeTableIds: ["rtb-1"] });
  aws.fault = (_, response) => response.end("<DescribeRouteTablesResponse><routeTableSet/>");
  await expect(node.look()).rejects.toThrow("says nothing of rtb-1");
});

test("an Elastic IP that was taken off the private address is put back, and otherwise left alone", async () => {
  const node = await modeOn("a", { mode: "secondary-ip", address: "10.0.1.100", allocationId });
  await node.follow?.();
  await expect.poll(() => aws.interfaces.a.elastic.get("10.0.1.100")).toBe(elasticIp);
  const calls = aws.calls.length;
  await node.follow?.();
  expect(aws.calls).toHaveLength(calls);
  expect((await modeOn("a", { mode: "secondary-ip" })).follow).toBeUndefined();
});

test("the network interface is the one that is named or has the node's address, else the error says which is missing", async () => {
  const named = await modeOn("a", { interfaceId: "eni-0a", privateAddress: "10.9.9.9" });
  await named.move();
  expect(aws.calls.at(-1)?.get("NetworkInterfaceId")).toBe("eni-0a");
  await expect((await modeOn("a", { privateAddress: "10.9.9.9" })).look()).rejects.toThrow(
    "no network interface with 10.9.9.9",
  );
  await expect((await modeOn("a", { interfaceId: "eni-0b" })).look()).rejects.toThrow(
    "no network interface eni-0b",
  );
});

test("a config lacks nothing that its mode needs, and has nothing that means nothing there", () => {
  const config = moverConfig({});
  expect(MoverConfig.safeParse(config).success).toBe(true);
  for (const wrong of [
    { mode: "elastic-ip" },
    { mode: "route" },
    { mode: "route", routeTableIds: [] },
    { routeTableIds: ["rtb-1"] },
    { endpoint: "ftp://10.0.1.5" },
    { address: "10.0.1" },
    { mode: "vmac" },
  ])
    expect(MoverConfig.safeParse({ ...config, ...wrong }).success, JSON.stringify(wrong)).toBe(false);
});
