import { subnet } from "../../../../topology/ip.ts";
import type { Topology } from "../../../../topology/topology.ts";
import { type Finding, wrong } from "../../../doctor/finding.ts";
import { type Answers, addressesOf } from "./addressFindings.ts";

/** An IPv4 address of this machine. */
export interface OwnAddress {
  readonly device: string;
  readonly address: string;
  /** Of its network, such as 192.168.1.0/24. */
  readonly network: string;
  /** The device is made of software: a container's or virtual machine's network, a tunnel. */
  readonly isVirtual: boolean;
}

/**
 * Whether this machine reaches the stack's network, and by the right device. Pure.
 * @param bridge device by which the virtual machines join the network
 * @param answers by which devices packets for the stack's addresses leave
 */
export function networkFindings(
  topology: Topology,
  own: readonly OwnAddress[],
  bridge: string,
  answers: Answers,
): readonly Finding[] {
  const { cidr } = topology.network;
  const inside = own.filter(({ address }) => subnet(cidr)?.contains(address));
  if (inside.length === 0) return outside(cidr, own, bridge);
  // Where the config names a bridge's port, the address is the bridge's.
  const way = inside.find(({ device }) => device === bridge);
  const others = own.filter(({ device }) => device !== bridge);
  const overlaps = way ? others.flatMap((other) => overlap(addressesOf(topology), other, way)) : [];
  const told = overlaps.map(({ device }) => device);
  return [...overlaps.map(({ finding }) => finding), ...strayFindings(answers, told)];
}

/**
 * The devices of this machine that are on the stack's network. Pure. A network of Docker's or of another program that has
 * the same addresses is another one.
 */
export function devicesOn(
  cidr: string,
  own: readonly OwnAddress[],
  bridge: string | undefined,
): readonly string[] {
  const inside = own.filter(({ address }) => subnet(cidr)?.contains(address));
  const hasBridge = inside.some(({ device }) => device === bridge);
  return inside
    .filter(({ device, isVirtual }) => device === bridge || !isVirtual || !(hasBridge || isDocker(device)))
    .map(({ device }) => device);
}

/** @param told devices of which another finding says it */
function strayFindings(answers: Answers, told: readonly string[]): readonly Finding[] {
  const strays = Object.entries(answers).flatMap(([address, answer]) =>
    answer.state === "elsewhere" && !told.includes(answer.device) ? [{ address, device: answer.device }] : [],
  );
  return [...Map.groupBy(strays, ({ device }) => device)].map(([device, all]) => {
    const addresses = all.map(({ address }) => address);
    return wrong(
      `${device}: packets for ${addresses.join(", ")} leave by it, and not by the network of the stack (ip route get ${addresses[0]}): ${remedy(device)}`,
    );
  });
}

function outside(cidr: string, own: readonly OwnAddress[], bridge: string): readonly Finding[] {
  const list = own.map(({ address, device }) => `${address} (${device})`).join(", ") || "none";
  return [
    wrong(
      `network.cidr: is ${cidr}, and this machine has no address in it, only ${list}: give ${bridge} one, or set network.cidr and every address of the config to the network of one of these`,
    ),
  ];
}

/** Packets for addresses on both networks leave by the device of the narrower one. */
function overlap(
  addresses: readonly string[],
  { device, network, isVirtual }: OwnAddress,
  way: OwnAddress,
): readonly { readonly device: string; readonly finding: Finding }[] {
  const [other, wanted] = [subnet(network), subnet(way.network)];
  if (!isVirtual || other === undefined || wanted === undefined) return [];
  const taken = addresses.filter((address) => other.contains(address));
  if (taken.length === 0 || other.prefixLength < wanted.prefixLength) return [];
  const finding = wrong(
    `${device}: has ${network}, so that packets for ${taken.join(", ")} may go there instead of to ${way.device}: ${remedy(device)}`,
  );
  return [{ device, finding }];
}

function remedy(device: string): string {
  return isDocker(device)
    ? "remove that network of Docker (docker network ls, docker network rm NAME), and keep Docker off the range by default-address-pools in /etc/docker/daemon.json"
    : `take the addresses and routes of that range off ${device}, or choose another range for network.cidr`;
}

function isDocker(device: string): boolean {
  return /^(docker|br-[0-9a-f]{12}$)/.test(device);
}
