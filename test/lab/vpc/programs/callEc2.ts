import { openCredentials } from "../../../../agent/aws/credentials.ts";
import { openEc2 } from "../../../../agent/aws/ec2.ts";
import { Ec2Error } from "../../../../agent/aws/ec2Error.ts";
import { openMetadata } from "../../../../agent/aws/metadata.ts";

/**
 * Calls EC2 as an agent on this machine does: `callEc2.ts ENDPOINT REGION ACTION [NAME=VALUE]…`. Prints the answer, or the
 * error's code.
 */
const [endpoint = "", region = "", action = "", ...parameters] = process.argv.slice(2);
const credentials = openCredentials(openMetadata());
const ec2 = openEc2({ region, endpoint, credentials, budget: { take: () => 0 } });
const pairs = parameters.map((text) => text.split("=", 2) as [string, string]);
try {
  console.log(await ec2.call(action, Object.fromEntries(pairs)));
} catch (error) {
  if (!(error instanceof Ec2Error)) throw error;
  console.log(error.code);
}
process.exit();
