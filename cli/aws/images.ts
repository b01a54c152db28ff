import * as z from "zod";
import type { Ec2Section } from "../../topology/ec2.ts";
import { type Aws, openAws } from "./aws.ts";
import { AwsFailure } from "./awsError.ts";
import type { Credentials } from "./credentials.ts";

type Architecture = Ec2Section["architecture"];

/** Debian 13's image in one region. */
export interface DebianImage {
  readonly region: string;
  readonly architecture: Architecture;
  readonly id: string;
  /** Day on which Debian has named it, such as 2026-11-20. */
  readonly since: string;
}

/** Debian names its current images there (wiki.debian.org, "Cloud/AmazonEC2Image"). */
const parameterOf = (architecture: Architecture) => `/aws/service/debian/release/13/latest/${architecture}`;
const architectures: readonly Architecture[] = ["arm64", "amd64"];

const Answer = z.object({
  Parameters: z.array(z.object({ Name: z.string(), Value: z.string(), LastModifiedDate: z.number() })),
});

/** The current images of a region, one an architecture. @throws AwsFailure, also where the region has none of them */
async function imagesOf(aws: Aws): Promise<readonly DebianImage[]> {
  const { region } = aws;
  const { Parameters } = Answer.parse(
    await aws.json("ssm", "GetParameters", { Names: architectures.map(parameterOf) }),
  );
  const images = architectures.flatMap((architecture): DebianImage[] => {
    const found = Parameters.find(({ Name }) => Name === parameterOf(architecture));
    if (found === undefined) return [];
    const since = new Date(found.LastModifiedDate * 1000).toISOString().slice(0, 10);
    return [{ region, architecture, id: found.Value, since }];
  });
  if (images.length === 0)
    throw new AwsFailure(
      "absent",
      "ParameterNotFound",
      `Debian names no image of release 13 in ${region} (${architectures.map(parameterOf).join(", ")}): copy one from another region, or choose another region`,
    );
  return images;
}

/** The current images of several regions. @throws AwsFailure of the first region that fails */
export async function imagesIn(
  regions: readonly string[],
  credentials: Credentials,
): Promise<readonly DebianImage[]> {
  const [first = ""] = regions;
  await openAws(first, credentials).query("sts", "GetCallerIdentity");
  const images = regions.map(async (region) => {
    try {
      return await imagesOf(openAws(region, credentials));
    } catch (error) {
      throw notEnabled(region, error);
    }
  });
  return (await Promise.all(images)).flat();
}

/** The failure of a region, given that AWS accepts the credentials: it refuses them where the account has not enabled it. */
export function notEnabled(region: string, error: unknown): unknown {
  if (!(error instanceof AwsFailure) || error.trouble !== "credentials") return error;
  return new AwsFailure(
    "region",
    error.code,
    `AWS accepts these credentials, and not in the region ${region} (${error.code}): enable the region for the account, or correct ec2.region`,
  );
}
