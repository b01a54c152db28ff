import { hostsOf } from "../../../../topology/hosts.ts";
import { formatPath } from "../../../../topology/problem.ts";
import type { Topology } from "../../../../topology/topology.ts";
import { type Finding, unknown, wrong } from "../../../doctor/finding.ts";
import type { Neighbour } from "./neighbourTable.ts";

/** What the network answers, by address. */
export type Answers = Readonly<Record<string, Neighbour>>;

/** Every address of a topology that its machines will have, once each. */
export function addressesOf(topology: Topology): readonly string[] {
  return [...hostsOf(topology), ...topology.pairs.map(({ vip }) => vip)].map(({ address }) => address);
}

/**
 * Addresses that somebody else has, and machines that run and are not reached. Pure.
 * @param running names of the stack's own machines that run
 */
export function addressFindings(
  topology: Topology,
  answers: Answers,
  running: ReadonlySet<string>,
): readonly Finding[] {
  const found = topology.pairs.flatMap(({ pool, nodes, vip }, at) => {
    const keyOf = (...rest: readonly PropertyKey[]) => formatPath(["pairs", at, ...rest, "address"]);
    const machines = [
      ...(pool?.machines ?? []).map((machine, index) => ({
        ...machine,
        key: keyOf("pool", "machines", index),
      })),
      ...nodes.map((node, index) => ({ ...node, key: keyOf("nodes", index) })),
    ];
    // One of the nodes that run may hold the virtual address.
    const own = nodes.filter(({ name }) => running.has(name)).map(({ address }) => linkOf(answers[address]));
    const isHeld = own.includes(linkOf(answers[vip.address]) ?? "");
    return [
      ...machines.flatMap(({ name, address, key }) =>
        running.has(name)
          ? unreached(name, address, answers[address])
          : taken(key, address, answers[address]),
      ),
      ...(isHeld ? [] : taken(keyOf("vip"), vip.address, answers[vip.address])),
    ];
  });
  return [...found, ...unclearFindings(answers)];
}

function taken(key: string, address: string, answer: Neighbour | undefined): readonly Finding[] {
  if (answer?.state === "own")
    return [wrong(`${key}: ${address} is this machine's own address: choose a free one`)];
  if (answer?.state !== "answers") return [];
  return [
    wrong(
      `${key}: ${address} is in use by another machine (${answer.link}${makerOf(answer.link)}): take it off that machine, or choose a free address outside your router's DHCP range`,
    ),
  ];
}

/** One for each reason: it is mostly the same for all. */
function unclearFindings(answers: Answers): readonly Finding[] {
  const unclear = Object.entries(answers).flatMap(([address, answer]) =>
    answer.state === "unknown" ? [{ address, reason: answer.reason }] : [],
  );
  return [...Map.groupBy(unclear, ({ reason }) => reason)].map(([reason, all]) => {
    const addresses = all.map(({ address }) => address).join(", ");
    return unknown(
      `whether other machines have ${addresses} is not known, as ${reason}: ping them from a machine of that network, and choose others where they answer`,
    );
  });
}

function unreached(name: string, address: string, answer: Neighbour | undefined): readonly Finding[] {
  if (answer?.state !== "silent") return [];
  return [
    wrong(
      `${name}: runs and does not answer at ${address}: vagrant reload ${name} connects it anew to the bridge; on Wi-Fi the access point may keep it off the network (docs/vagrant.md#wi-fi)`,
    ),
  ];
}

function linkOf(answer: Neighbour | undefined): string | undefined {
  return answer?.state === "answers" ? answer.link : undefined;
}

/** Prefixes of hardware addresses that hypervisors give. */
const makers: readonly (readonly [prefix: string, maker: string])[] = [
  ["08:00:27:", "VirtualBox"],
  ["52:54:00:", "libvirt"],
];

function makerOf(link: string): string {
  const maker = makers.find(([prefix]) => link.toLowerCase().startsWith(prefix))?.[1];
  return maker === undefined
    ? ""
    : `, a virtual machine of ${maker}, such as that of another clone or laptop`;
}
