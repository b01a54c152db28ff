import * as z from "zod";
import { type Aws, openAws } from "../../aws/aws.ts";
import { AwsFailure } from "../../aws/awsError.ts";
import { operatorCredentials } from "../../aws/credentials.ts";
import { notEnabled } from "../../aws/images.ts";

const Identity = z.object({ GetCallerIdentityResult: z.object({ Arn: z.string() }) });

/** @throws AwsFailure where every other question in the region would fail in the same way */
export async function reachAws(region: string): Promise<{ readonly aws: Aws; readonly callerArn: string }> {
  const aws = openAws(region, await operatorCredentials());
  const answer = await aws.query("sts", "GetCallerIdentity");
  await reachRegion(aws);
  return { aws, callerArn: Identity.parse(answer).GetCallerIdentityResult.Arn };
}

async function reachRegion(aws: Aws): Promise<void> {
  try {
    await aws.query("ec2", "DescribeAvailabilityZones");
  } catch (error) {
    const failure = notEnabled(aws.region, error);
    if (failure instanceof AwsFailure && failure.trouble !== "region" && failure.trouble !== "unavailable")
      return;
    throw failure;
  }
}

/**
 * Looks before a run of the engine, whose provider says of credentials and regions neither what is wrong nor what to do.
 * Where AWS is not reached from here, the run will tell.
 * @param region empty where a config that has changed since does not say it
 * @throws AwsFailure where AWS accepts no credentials, or has no such region for them
 */
export async function refuseUnreached(region: string): Promise<void> {
  // The provider asks through it, and `fetch` does not.
  if (region === "" || process.env.HTTPS_PROXY || process.env.https_proxy) return;
  try {
    await reachAws(region);
  } catch (error) {
    if (!(error instanceof AwsFailure)) throw error;
    if (error.trouble === "credentials" || error.trouble === "region") throw error;
  }
}
