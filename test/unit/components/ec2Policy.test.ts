import { expect, test } from "vitest";
import { moverPolicy } from "../../../components/machines/ec2/policy.ts";

const interfaces = ["arn:eni/one", "arn:eni/two"];
const elasticIp = "arn:eip/one";
const actions = (document: ReturnType<typeof moverPolicy>) =>
  Object.fromEntries(document.Statement.map(({ Action, Resource }) => [Action, Resource]));

test("a node may move its pair's private address between the pair's interfaces, and nothing else", () => {
  expect(actions(moverPolicy("secondary-ip", { interfaces, routeTables: [] }))).toEqual({
    "ec2:AssignPrivateIpAddresses": interfaces,
  });
});

test("with an Elastic IP that follows, it may also associate that one with these interfaces", () => {
  expect(actions(moverPolicy("secondary-ip", { interfaces, elasticIp, routeTables: [] }))).toEqual({
    "ec2:AssignPrivateIpAddresses": interfaces,
    "ec2:AssociateAddress": [elasticIp, ...interfaces],
  });
  expect(actions(moverPolicy("elastic-ip", { interfaces, elasticIp, routeTables: [] }))).toEqual({
    "ec2:AssociateAddress": [elasticIp, ...interfaces],
  });
});

test("with a route, it may replace routes of these tables, and see tables, which AWS narrows no further", () => {
  expect(actions(moverPolicy("route", { interfaces, routeTables: ["arn:rtb/one"] }))).toEqual({
    "ec2:ReplaceRoute": ["arn:rtb/one"],
    "ec2:DescribeRouteTables": "*",
  });
});

test("no mode allows to release, to delete or to touch an instance", () => {
  for (const mode of ["secondary-ip", "elastic-ip", "route"] as const) {
    const text = JSON.stringify(moverPolicy(mode, { interfaces, elasticIp, routeTables: ["arn:rtb/one"] }));
    expect(text).not.toMatch(/Unassign|Disassociate|Release|Delete|Instance|ec2:\*/);
  }
});
