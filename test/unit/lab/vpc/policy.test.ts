import { expect, test } from "vitest";
import { PolicyDocument } from "../../../../contract/vpc.ts";
import { allows } from "../../../../lab/vpc/policy.ts";

const policy = (...statements: readonly object[]) =>
  PolicyDocument.parse({ Version: "2012-10-17", Statement: statements });
const allow = (Action: string, Resource: string | string[]) => ({ Effect: "Allow", Action, Resource });

test("every resource of a call needs its own permission", () => {
  const both = policy(allow("ec2:AssociateAddress", ["arn:eip/one", "arn:eni/*"]));
  expect(allows(both, "ec2:AssociateAddress", ["arn:eip/one", "arn:eni/one"])).toBe(true);
  expect(allows(both, "ec2:AssociateAddress", ["arn:eip/two", "arn:eni/one"])).toBe(false);
  expect(allows(both, "ec2:ReplaceRoute", ["arn:eip/one"])).toBe(false);
});

test("a wildcard stands for any text, a name in a pattern for itself, and what denies wins", () => {
  expect(allows(policy(allow("ec2:Describe*", "*")), "ec2:DescribeRouteTables", ["*"])).toBe(true);
  expect(allows(policy(allow("ec2:A", "arn.eni")), "ec2:A", ["arn:eni"])).toBe(false);
  const denied = policy(allow("ec2:A", "*"), { Effect: "Deny", Action: "ec2:*", Resource: "arn:eni/two" });
  expect(allows(denied, "ec2:A", ["arn:eni/one"])).toBe(true);
  expect(allows(denied, "ec2:A", ["arn:eni/two"])).toBe(false);
  expect(allows(undefined, "ec2:A", ["*"])).toBe(false);
});

test("a statement with a condition, which would be judged wrongly, is refused", () => {
  expect(() => policy({ ...allow("ec2:A", "*"), Condition: {} })).toThrow("Condition");
});
