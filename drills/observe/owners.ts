import { AddressPage } from "../../contract/addressPage.ts";
import { vpcOf } from "../../lab/vpc/vpc.ts";
import type { DrilledPair } from "../pair.ts";
import { agentPage } from "./daemons.ts";

/** Whom the address of a pair on EC2 belongs to. */
export interface Owners {
  /** Machines whose interface has it in AWS's list of interfaces. */
  readonly byAws: readonly string[];
  /** Nodes whose agent finds it in its metadata. */
  readonly byAgents: readonly string[];
}

export async function ownersOf(pair: DrilledPair): Promise<Owners> {
  const { interfaces } = await vpcOf(pair.lab).state();
  const byAws = Object.entries(interfaces)
    .filter(([, addresses]) => addresses.includes(pair.vip.address))
    .map(([machine]) => machine);
  const pages = await Promise.all(pair.nodes.map((node) => addressPage(pair, node)));
  return { byAws, byAgents: pair.nodes.filter((_, index) => pages[index]?.mine === true) };
}

/** The agent's page about the address on a node; undefined where no agent answers. */
export async function addressPage(pair: DrilledPair, node: string): Promise<AddressPage | undefined> {
  const page = await agentPage(pair, node, "/address");
  return page === "" ? undefined : AddressPage.parse(JSON.parse(page));
}

/** What is wrong, as sentences, unless AWS and the agents name the same one node. */
export function ownerFaults({ byAws, byAgents }: Owners): readonly string[] {
  const named = (nodes: readonly string[]) => (nodes.length === 0 ? "nobody" : nodes.join(" and "));
  const [owner, ...more] = byAws;
  if (owner !== undefined && more.length === 0 && named(byAgents) === owner) return [];
  return [
    `at the end AWS gives the address to ${named(byAws)}, and the agents find it at ${named(byAgents)}`,
  ];
}
