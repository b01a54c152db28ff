import { defaultVipMode, wayOut } from "../../ec2.ts";
import type { Problem } from "../../problem.ts";
import { type Config, type DraftPair, pairs } from "../draft.ts";
import type { Rule } from "../rule.ts";

/** How hosts reach Debian's mirror and the EC2 API, where the VPC is made. */
export const wayRules: readonly Rule[] = [oneWay, throughGateway, mirror];

function* oneWay({ ec2 }: Config): Iterable<Problem> {
  const { vpc, api, internet } = ec2 ?? {};
  if (vpc?.id !== undefined && internet !== undefined)
    yield {
      path: ["ec2", "internet"],
      message: "has a meaning where the VPC is made: one that exists has ways of its own; remove it",
    };
  if (vpc?.cidr === undefined) return;
  if (api === "nat" && internet === "none")
    yield {
      path: ["ec2", "api"],
      message: "nat needs the gateway that ec2.internet leaves out: set that to nat, or this to endpoint",
    };
  if (api === "public" && internet !== undefined)
    yield {
      path: ["ec2", "internet"],
      message: "each host has a public address of its own with ec2.api: public: remove this key",
    };
}

function modeOf({ vip }: DraftPair): string {
  return vip?.mode ?? defaultVipMode;
}

function isPublicDraft(pair: DraftPair): boolean {
  const { elasticIp = "none" } = pair.vip ?? {};
  return modeOf(pair) === "elastic-ip" || (modeOf(pair) === "secondary-ip" && elasticIp !== "none");
}

/** Nodes that serve a public address answer by the internet gateway, which serves nobody without a public address. */
function* throughGateway(config: Config): Iterable<Problem> {
  const { api, vpc } = config.ec2 ?? {};
  for (const { pair, path } of pairs(config)) {
    if (!isPublicDraft(pair)) continue;
    const at = [...path, "vip", modeOf(pair) === "elastic-ip" ? "mode" : "elasticIp"];
    if (modeOf(pair) === "elastic-ip" && api === "public")
      yield {
        path: at,
        message: "elastic-ip would take the nodes' own public addresses: set ec2.api to endpoint",
      };
    if (api === "nat" && vpc?.cidr !== undefined)
      yield {
        path: at,
        message:
          "the nodes answer by the internet gateway, so that the NAT gateway does not lead them to the EC2 API: set ec2.api to endpoint",
      };
  }
}

/** Every host gets its packages from Debian's mirror, unless the image has them. */
function* mirror(config: Config): Iterable<Problem> {
  const { ec2 } = config;
  if (ec2?.prebaked !== false || ec2.vpc?.cidr === undefined || ec2.api === "public") return;
  if (ec2.internet === "none")
    yield {
      path: ["ec2", "internet"],
      message:
        "none leaves the hosts without Debian's mirror: set ec2.prebaked with an image that has every package, or this to nat",
    };
  for (const { pair, path } of pairs(config)) {
    if (!isPublicDraft(pair) || wayOut(ec2, true) !== "gateway") continue;
    const remedy = modeOf(pair) === "elastic-ip" ? "" : ", or ec2.api to public";
    yield {
      path: [...path, "vip", modeOf(pair) === "elastic-ip" ? "mode" : "elasticIp"],
      message: `hosts beside the nodes' public address answer by the internet gateway and reach no mirror: set ec2.prebaked with an image that has every package${remedy}`,
    };
  }
}
