import { type Host, hostsOf } from "../../../topology/hosts.ts";
import { subnet } from "../../../topology/ip.ts";
import type { Topology } from "../../../topology/topology.ts";
import type { HostAnswer } from "./facts.ts";
import { ownProblems } from "./ownProblems.ts";

/** By host; a host that was not asked has none. */
export type HostAnswers = Readonly<Record<string, HostAnswer>>;

/**
 * Everything for which the hosts cannot be taken over, a sentence each. Pure.
 * @param leaving of the stack's hosts that the config does not have any more, and that are given back first
 */
export function factProblems(
  topology: Topology,
  answers: HostAnswers,
  leaving: readonly Pick<HostAnswer, "links">[] = [],
): readonly string[] {
  const hosts = hostsOf(topology);
  return [
    ...hosts.flatMap((host) => {
      const answer = answers[host.name];
      return answer ? [...ofHost(topology, host, answer)].map((problem) => `${host.name}: ${problem}`) : [];
    }),
    ...oneMachine(answers),
    ...foreignHolders(topology, answers, leaving),
  ];
}

function* ofHost(topology: Topology, host: Host, answer: HostAnswer): Iterable<string> {
  const { address } = host;
  const { distribution, rootTrouble, missing, interfaces } = answer;
  if (distribution.id !== "debian" || distribution.version !== "13")
    yield `has ${distribution.name}, and hapair needs Debian 13: upgrade it, or choose another machine`;
  if (rootTrouble !== undefined)
    yield `the login may not become root (${rootTrouble || "no words of sudo"}): give it sudo without a password (NOPASSWD), or log in as root`;
  if (missing !== undefined) {
    yield `has no ${missing}: install it`;
    return;
  }
  const given = topology.network.interface;
  if (interfaces.length === 0)
    yield `has the address ${address} on no interface: give it that address, or correct the address in the config`;
  else if (given !== undefined && !interfaces.includes(given))
    yield `has the address ${address} on ${interfaces.join(" and ")}, not on network.interface (${given}): correct that key or remove it`;
  else if (given === undefined && interfaces.length > 1)
    yield `has the address ${address} on several interfaces (${interfaces.join(", ")}): remove it from all but one, or set network.interface`;
  yield* keepsLogin(topology, answer);
  if (!answer.delivered) yield* ownProblems(topology, host, answer.own);
}

/** The host's firewall will accept logins from `firewall.ssh` and within `network.management` alone, over IPv4. */
function* keepsLogin({ firewall, network, target }: Topology, { login }: HostAnswer): Iterable<string> {
  if (login === undefined) return;
  const { from, address, port } = login;
  const within = network.management.map(subnet).filter((range) => range?.contains(address));
  if (port === 22 && within.some((range) => range?.contains(from))) return;
  const key = target.kind === "ec2" ? "ec2.ssh" : "firewall.ssh";
  if (address.includes(":"))
    yield `the login arrives over IPv6 (${address}), which its firewall will not accept: set its hosts.machines address to an IPv4 address`;
  else if (!firewall.ssh.some((network) => subnet(network)?.contains(from)))
    yield `the login comes from ${from}, which ${key} does not have, so that the first roll-out would lock you out: add ${from}/32 to ${key}`;
}

function* oneMachine(answers: HostAnswers): Iterable<string> {
  const first = new Map<string, string>();
  for (const [name, { machine }] of Object.entries(answers)) {
    const other = first.get(machine);
    if (other === undefined) first.set(machine, name);
    else
      yield `${name}: is the same machine as ${other}: a host of its own is needed, so correct hosts.machines.${name}`;
  }
}

/**
 * A virtual address that a machine beside the pair's nodes has, or a node by other means than hapair. Nothing is said
 * where a node was not asked: the address may be its own.
 */
function* foreignHolders(
  { pairs, target }: Topology,
  answers: HostAnswers,
  leaving: readonly Pick<HostAnswer, "links">[],
): Iterable<string> {
  for (const { name, vip, nodes } of pairs) {
    const asked = nodes.flatMap((node) => answers[node.name] ?? []);
    if (asked.length < nodes.length) continue;
    const links = [...asked, ...leaving].flatMap((answer) => answer.links);
    const isTaken = target.kind === "hosts" && target.takeOver.includes("keepalived");
    for (const node of nodes) {
      const answer = answers[node.name];
      const link = answer?.answers[vip.address];
      if (link !== undefined && !links.includes(link)) {
        yield `${name}: another machine has the virtual address ${vip.address} already (hardware address ${link}, seen from ${node.name}): take it off that machine, or choose a free address`;
        break;
      }
      if (answer?.holds.includes(vip.address) && !answer.delivered && !isTaken)
        yield `${name}: ${node.name} has the virtual address ${vip.address} already, and not from hapair: take it off, or set hosts.takeOver to [keepalived] if its own keepalived holds it`;
    }
  }
}
