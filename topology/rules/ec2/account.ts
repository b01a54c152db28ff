import { instanceTypeOf } from "../../ec2.ts";
import type { Problem } from "../../problem.ts";
import { type Config, itemsOf } from "../draft.ts";
import type { Rule } from "../rule.ts";

/** What AWS has to be told: region, zones, image. */
export const accountRules: readonly Rule[] = [needed, zonesOfRegion, ofArchitecture, keyOfRegion];

function* needed({ ec2 }: Config): Iterable<Problem> {
  if (ec2 === undefined) return;
  if (!("region" in ec2))
    yield { path: ["ec2", "region"], message: "is missing: set the region, such as eu-central-1" };
  if (!("ami" in ec2))
    yield {
      path: ["ec2", "ami"],
      message: `is missing: set the id of Debian 13's image for ${ec2.architecture ?? "the architecture"} in this region, which npm run amis prints`,
    };
}

function* zonesOfRegion({ ec2 }: Config): Iterable<Problem> {
  const { region, subnets } = ec2 ?? {};
  if (region === undefined) return;
  for (const { item, path } of itemsOf(subnets, ["ec2", "subnets"]))
    if (item.zone !== undefined && !isZoneOf(region, item.zone))
      yield {
        path: [...path, "zone"],
        message: `${item.zone} is no zone of the region ${region}: choose one such as ${region}a, or correct ec2.region`,
      };
}

/** `eu-central-1a`, or a local zone such as `us-east-1-bos-1a`. */
function isZoneOf(region: string, zone: string): boolean {
  return zone.startsWith(region) && /^([a-z]|-[a-z]+-\d[a-z])$/.test(zone.slice(region.length));
}

/** Families with AWS's own processors have a `g` after their number: t4g, m7gd, c6gn; a1 is the first of them. */
const armFamily = /^(a1|[a-z]+\d+g[a-z]*|[a-z]+\d+gen)\./;

function* ofArchitecture({ ec2 }: Config): Iterable<Problem> {
  const { instanceType, architecture } = ec2 ?? {};
  if (instanceType === undefined || architecture === undefined) return;
  const actual = armFamily.test(instanceType) ? "arm64" : "amd64";
  if (actual === architecture) return;
  const other = instanceTypeOf({ instanceType: undefined, architecture });
  yield {
    path: ["ec2", "instanceType"],
    message: `${instanceType} has processors of ${actual}, and ec2.architecture is ${architecture}: choose a type such as ${other}, or set ec2.architecture (and the image) to ${actual}`,
  };
}

function* keyOfRegion({ ec2 }: Config): Iterable<Problem> {
  const { kmsKey, region } = ec2 ?? {};
  const own = kmsKey?.split(":")[3];
  if (own !== undefined && region !== undefined && own !== region)
    yield {
      path: ["ec2", "kmsKey"],
      message: `is a key of the region ${own}, and ec2.region is ${region}: a disk's key has to be in its region`,
    };
}
