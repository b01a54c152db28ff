import { subnet } from "../../ip.ts";
import type { Problem } from "../../problem.ts";
import { type Config, itemsOf } from "../draft.ts";
import type { Rule } from "../rule.ts";

/** Who may connect: said in one place, and never everybody by mistake. */
export const sourceRules: readonly Rule[] = [onePlace, notTheWorld];

const places = { clients: "application", monitoring: "monitoring", ssh: "ssh" } as const;

function* onePlace({ firewall }: Config): Iterable<Problem> {
  for (const key of ["clients", "monitoring", "ssh"] as const)
    if (firewall?.[key] !== undefined)
      yield {
        path: ["firewall", key],
        message: `is set as ec2.${places[key]} on this target, for the security groups and the hosts' firewall alike: move it there`,
      };
}

/** No organisation has a network of more addresses. */
const widestPrefix = 8;

function* notTheWorld({ ec2 }: Config): Iterable<Problem> {
  if (ec2?.anywhere !== false) return;
  for (const key of ["ssh", "application", "monitoring"] as const)
    for (const { item, path } of itemsOf(ec2[key], ["ec2", key])) {
      const { prefixLength = 32 } = subnet(item) ?? {};
      if (prefixLength < widestPrefix)
        yield {
          path,
          message: `${item} opens it to the internet: name the networks that need it, or set ec2.anywhere to true if that is meant`,
        };
    }
}
