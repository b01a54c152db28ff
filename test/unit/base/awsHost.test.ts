import { expect, test } from "vitest";
import { awsHost } from "../../../base/awsHost.ts";

test.each([
  ["eu-central-1", "ec2.eu-central-1.amazonaws.com"],
  ["us-gov-west-1", "ec2.us-gov-west-1.amazonaws.com"],
  ["cn-north-1", "ec2.cn-north-1.amazonaws.com.cn"],
])("the EC2 API of the region %s is at %s", (region, host) => {
  expect(awsHost("ec2", region)).toBe(host);
});
