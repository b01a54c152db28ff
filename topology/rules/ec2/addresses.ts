import { defaultVipMode, isReserved, subnetWith } from "../../ec2.ts";
import { subnet } from "../../ip.ts";
import type { Problem } from "../../problem.ts";
import { type Claim, type Config, type DraftPair, itemsOf, ofPairHosts, type Path, pairs } from "../draft.ts";
import { type Rule, twice } from "../rule.ts";

/** Addresses of hosts in their subnets, and the virtual address by its mode. */
export const addressRules: readonly Rule[] = [hosts, virtualAddresses, elasticIpOnce];

function* hosts(config: Config): Iterable<Problem> {
  for (const claim of ofPairHosts(config, "address")) yield* inSubnet(config, claim);
}

/** A subnet whose range is broken may have the address. */
function* inSubnet({ ec2, network }: Config, { value, path }: Claim<string>): Iterable<Problem> {
  const subnets = ec2?.subnets;
  if (value === undefined || !subnets?.length || !subnet(network?.cidr)?.contains(value)) return;
  if (subnets.some((one) => one?.cidr === undefined)) return;
  const own = subnetWith(
    subnets.flatMap((one) => one ?? []),
    value,
  );
  const list = subnets.map((one) => one?.cidr).join(", ");
  if (own?.cidr === undefined)
    yield {
      path,
      message: `${value} is in no subnet of ec2.subnets (${list}): choose a free address of one`,
    };
  else yield* free(own.cidr, { value, path }, network?.cidr);
}

/** What the network's own rule says is not said again. */
function* free(cidr: string, { value, path }: Claim<string>, network: string | undefined): Iterable<Problem> {
  const whole = subnet(network);
  if (value === undefined || !isReserved(cidr, value)) return;
  if (value === whole?.network || value === whole?.broadcast) return;
  yield {
    path,
    message: `${value} is one of the five addresses of ${cidr} that AWS keeps (the first four and the last): choose another`,
  };
}

function* virtualAddresses(config: Config): Iterable<Problem> {
  for (const { pair, path } of pairs(config)) {
    const mode = pair.vip?.mode ?? defaultVipMode;
    if (mode === "secondary-ip") yield* secondaryIp(config, pair, path);
    else if (mode === "route") yield* route(config, pair, path);
    else yield* elasticIp(config, pair, path);
  }
}

/** Two pairs would take it from each other for ever. */
function elasticIpOnce(config: Config): Iterable<Problem> {
  const claims = pairs(config).map(({ pair, path }) => {
    const { elasticIp } = pair.vip ?? {};
    const value = elasticIp?.startsWith("eipalloc-") ? elasticIp : undefined;
    return { value, path: [...path, "vip", "elasticIp"] };
  });
  return twice(claims, "has this Elastic IP already, and it leads to one pair");
}

/** AWS moves a private address between interfaces of one subnet only. */
function* secondaryIp(config: Config, { vip, nodes }: DraftPair, path: Path): Iterable<Problem> {
  const address = { value: vip?.address, path: [...path, "vip", "address"] };
  yield* inSubnet(config, address);
  const subnets = (config.ec2?.subnets ?? []).flatMap((one) => one ?? []);
  const of = (value: string | undefined) => (value === undefined ? undefined : subnetWith(subnets, value));
  const places = new Set(itemsOf(nodes, []).flatMap(({ item }) => of(item.address)?.cidr ?? []));
  const list = [...places].join(" and ");
  if (places.size > 1) {
    yield {
      path: [...path, "vip", "mode"],
      message: `secondary-ip moves an address inside one subnet, and the nodes are in ${list}: put them into one, or choose elastic-ip or route`,
    };
    return;
  }
  const own = of(address.value)?.cidr;
  if (own !== undefined && places.size === 1 && !places.has(own))
    yield {
      path: address.path,
      message: `${address.value} is in ${own}, and the nodes are in ${list}: choose a free address of their subnet`,
    };
}

function* route({ ec2, network }: Config, { vip }: DraftPair, path: Path): Iterable<Problem> {
  const address = vip?.address;
  if (vip?.elasticIp !== undefined && vip.elasticIp !== "none")
    yield {
      path: [...path, "vip", "elasticIp"],
      message: `${vip.elasticIp}: an address of the mode route has no public one: remove it, or choose another mode`,
    };
  const ranges = [
    ["the VPC's range", ec2?.vpc?.cidr],
    ["network.cidr", network?.cidr],
  ] as const;
  const inside = ranges.find(([, cidr]) => address !== undefined && subnet(cidr)?.contains(address) === true);
  if (inside !== undefined)
    yield {
      path: [...path, "vip", "address"],
      message: `${address} is inside ${inside[0]} ${inside[1]}, where AWS takes no route to one address: choose one outside, such as 172.31.255.1`,
    };
}

function* elasticIp({ ec2, network }: Config, { vip }: DraftPair, path: Path): Iterable<Problem> {
  if (!vip?.elasticIp?.startsWith("eipalloc-"))
    yield {
      path: [...path, "vip", "elasticIp"],
      message: `${vip?.elasticIp === undefined ? "is missing" : vip.elasticIp}: elastic-ip moves a public address that outlives the stack: allocate one (aws ec2 allocate-address), set its id here and its address as vip.address`,
    };
  const address = vip?.address;
  const inside = [ec2?.vpc?.cidr, network?.cidr].find(
    (cidr) => address !== undefined && subnet(cidr)?.contains(address),
  );
  if (inside !== undefined)
    yield {
      path: [...path, "vip", "address"],
      message: `${address} is a private address of ${inside}: with the mode elastic-ip set the Elastic IP's public address`,
    };
}
