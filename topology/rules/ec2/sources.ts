import { subnet } from "../../ip.ts";
import type { Problem } from "../../problem.ts";
import { type Config, itemsOf, pairs } from "../draft.ts";
import type { Rule } from "../rule.ts";

/** Who may connect: said in one place, and never everybody by mistake. */
export const sourceRules: readonly Rule[] = [onePlace, notTheWorld, publicLogins];

const places = { clients: "application", monitoring: "monitoring", ssh: "ssh", admin: "admin" } as const;

function* onePlace({ firewall }: Config): Iterable<Problem> {
  for (const key of ["clients", "monitoring", "ssh", "admin"] as const)
    if (firewall?.[key] !== undefined)
      yield {
        path: ["firewall", key],
        message: `is set as ec2.${places[key]} on this target, for the security groups and the hosts' firewall alike: move it there`,
      };
}

/** No organisation has a network of more addresses. */
const widestPrefix = 8;

function* notTheWorld(config: Config): Iterable<Problem> {
  const { ec2 } = config;
  if (ec2?.anywhere !== false) return;
  const sources = [
    ...(["ssh", "application", "monitoring", "admin"] as const).flatMap((key) =>
      itemsOf(ec2[key], ["ec2", key]),
    ),
    ...pairs(config).flatMap(({ pair, path }) =>
      itemsOf(pair.pool?.directClients, [...path, "pool", "directClients"]),
    ),
    ...pairs(config).flatMap(({ pair, path }) => itemsOf(pair.edge?.allow, [...path, "edge", "allow"])),
  ];
  for (const { item, path } of sources) {
    const { prefixLength = 32 } = subnet(item) ?? {};
    if (prefixLength < widestPrefix)
      yield {
        path,
        message: `${item} opens it to the internet: name the networks that need it, or set ec2.anywhere to true if that is meant`,
      };
  }
}

/** Logins to public addresses do not come from the hosts' own network, which is the default. */
function* publicLogins({ ec2 }: Config): Iterable<Problem> {
  if (ec2?.api === "public" && !("ssh" in ec2) && !("bastion" in ec2))
    yield {
      path: ["ec2", "ssh"],
      message:
        "is missing: with ec2.api: public the commands log in to the hosts' public addresses, from outside their network: set the public address from which you run them, such as 203.0.113.7/32, or ec2.bastion",
    };
}
