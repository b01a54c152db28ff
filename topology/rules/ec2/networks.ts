import { natSubnetOf } from "../../ec2.ts";
import { isWithin, overlap } from "../../ip.ts";
import { formatPath, type Problem } from "../../problem.ts";
import { type Config, itemsOf } from "../draft.ts";
import type { Rule } from "../rule.ts";

/** The VPC and its subnets: made or named, each inside the other, none over another. */
export const networkRules: readonly Rule[] = [oneVpc, subnetsOfVpc, apart, twoZones, natOfVpc, namedTables];

function* oneVpc({ ec2 }: Config): Iterable<Problem> {
  const { vpc } = ec2 ?? {};
  if (vpc === undefined) return;
  const [made, named] = ["cidr" in vpc, "id" in vpc];
  if (!made && !named)
    yield {
      path: ["ec2", "vpc"],
      message: "is missing: set its cidr to have one made, such as 10.0.0.0/16, or the id of one that exists",
    };
  if (made && named)
    yield {
      path: ["ec2", "vpc"],
      message: "has both cidr and id: keep cidr to have a VPC made, or id for one that exists",
    };
}

function* subnetsOfVpc({ ec2, network }: Config): Iterable<Problem> {
  const { vpc, subnets } = ec2 ?? {};
  if (subnets?.length === 0)
    yield {
      path: ["ec2", "subnets"],
      message: "is missing: add the zone and the cidr of the subnet that the hosts are in",
    };
  for (const { item, path } of itemsOf(subnets, ["ec2", "subnets"])) {
    const { cidr, id } = item;
    if (id !== undefined && vpc?.cidr !== undefined && vpc.id === undefined)
      yield {
        path: [...path, "id"],
        message: `${id} exists, and the VPC is made: set ec2.vpc to the id of the subnet's VPC, or remove this id`,
      };
    if (cidr === undefined) continue;
    if (vpc?.cidr !== undefined && !isWithin(cidr, vpc.cidr))
      yield {
        path: [...path, "cidr"],
        message: `${cidr} is not inside the VPC's range ${vpc.cidr}: choose a part of that`,
      };
    if (network?.cidr !== undefined && !isWithin(cidr, network.cidr))
      yield {
        path: [...path, "cidr"],
        message: `${cidr} is not inside network.cidr (${network.cidr}), which has all hosts: set that to a network with every subnet in it`,
      };
  }
}

function* apart({ ec2 }: Config): Iterable<Problem> {
  const subnets = itemsOf(ec2?.subnets, ["ec2", "subnets"]);
  for (const [at, { item, path }] of subnets.entries()) {
    const other = subnets.slice(0, at).find((earlier) => overlap(earlier.item.cidr ?? "", item.cidr ?? ""));
    if (other !== undefined)
      yield {
        path: [...path, "cidr"],
        message: `${item.cidr} has addresses of ${formatPath(other.path)} (${other.item.cidr}): subnets share none`,
      };
  }
}

function* twoZones({ ec2 }: Config): Iterable<Problem> {
  const zones = [
    ...new Set(itemsOf(ec2?.subnets, []).flatMap(({ item }) => (item.zone === undefined ? [] : [item.zone]))),
  ];
  if (zones.length > 2)
    yield {
      path: ["ec2", "subnets"],
      message: `are in ${zones.length} zones (${zones.join(", ")}): use at most two`,
    };
}

function* natOfVpc({ ec2 }: Config): Iterable<Problem> {
  const { vpc, natSubnet, subnets, internet, api } = ec2 ?? {};
  if (vpc?.cidr === undefined) {
    if (natSubnet !== undefined && vpc?.id !== undefined)
      yield {
        path: ["ec2", "natSubnet"],
        message:
          "has a meaning where the VPC is made: in one that exists its own gateways are used; remove it",
      };
    return;
  }
  if (internet === "none" || api === "public") return;
  const range = natSubnetOf({ vpc: { cidr: vpc.cidr }, natSubnet }) ?? "";
  if (!isWithin(range, vpc.cidr)) {
    yield {
      path: ["ec2", "natSubnet"],
      message: `${range} is not inside the VPC's range ${vpc.cidr}: choose a part of that`,
    };
    return;
  }
  const taken = itemsOf(subnets, ["ec2", "subnets"]).find(({ item }) => overlap(item.cidr ?? "", range));
  if (taken !== undefined)
    yield {
      path: ["ec2", "natSubnet"],
      message: `${range} has addresses of ${formatPath(taken.path)} (${taken.item.cidr}): set it to a free part of the VPC, of at least /28`,
    };
}

function* namedTables({ ec2, pairs: list }: Config): Iterable<Problem> {
  const { vpc, routeTables } = ec2 ?? {};
  if (routeTables === undefined || vpc === undefined) return;
  const routes = itemsOf(list, []).some(({ item }) => item.vip?.mode === "route");
  const at = ["ec2", "routeTables"];
  if (routes && vpc.id !== undefined && routeTables.length === 0)
    yield {
      path: at,
      message:
        "is missing: name the route tables through which clients reach the address of the mode route, and those of the nodes' subnets",
    };
  if (routeTables.length > 0 && !routes)
    yield { path: at, message: "has a meaning with an address of the mode route alone: remove it" };
  else if (routeTables.length > 0 && vpc.cidr !== undefined)
    yield { path: at, message: "exist already, and the VPC is made: its own tables are used; remove it" };
}
