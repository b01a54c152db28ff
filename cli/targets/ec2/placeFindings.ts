import { type Ec2Section, instanceTypeOf } from "../../../topology/ec2.ts";
import { hostsOf } from "../../../topology/hosts.ts";
import { formatPath } from "../../../topology/problem.ts";
import type { Topology } from "../../../topology/topology.ts";
import { type Finding, unknown, wrong } from "../../doctor/finding.ts";
import type { PlacesLook } from "./askedPlaces.ts";

/** What is wrong with the places where hosts are to be. Pure. */
export function placeFindings(
  section: Ec2Section,
  topology: Topology,
  { instanceType, zones, taken, endpoints, elasticIps }: PlacesLook,
): readonly Finding[] {
  return [
    ...typeFindings(section, instanceType),
    ...zoneFindings(section, zones),
    ...takenFindings(topology, taken),
    ...endpointFindings(section, endpoints),
    ...elasticIpFindings(topology, elasticIps),
  ];
}

function silence(
  what: string,
  looked: { readonly unknown?: string } | object | undefined,
): readonly Finding[] {
  return looked !== undefined && "unknown" in looked
    ? [unknown(`${what} is not known: ${looked.unknown}`)]
    : [];
}

function typeFindings(section: Ec2Section, looked: PlacesLook["instanceType"]): readonly Finding[] {
  const { region, architecture } = section;
  const type = instanceTypeOf(section);
  if ("unknown" in looked) return silence(`whether there is ${type}`, looked);
  if ("absent" in looked)
    return [
      wrong(`ec2.instanceType: AWS has no ${type} in ${region}: choose another type, such as t3.small`),
    ];
  const wanted = { arm64: "arm64", amd64: "x86_64" }[architecture];
  const { architectures } = looked.found;
  if (architectures.includes(wanted)) return [];
  return [
    wrong(
      `ec2.instanceType: ${type} has processors of ${architectures.join(", ")}, and ec2.architecture is ${architecture}: choose another type, or set ec2.architecture (and the image)`,
    ),
  ];
}

function zoneFindings(section: Ec2Section, looked: PlacesLook["zones"]): readonly Finding[] {
  if (!("found" in looked)) return silence("which zones the region has", looked);
  const { withType, all } = looked.found;
  const type = instanceTypeOf(section);
  return section.subnets.flatMap(({ zone }, index) => {
    const path = `ec2.subnets[${index}].zone`;
    if (!all.includes(zone))
      return [
        wrong(`${path}: this account has no zone ${zone}: choose one of ${[...all].sort().join(", ")}`),
      ];
    // A type that is nowhere is a finding of its own.
    if (withType.length === 0 || withType.includes(zone)) return [];
    return [
      wrong(
        `${path}: ${zone} has no ${type}: choose one of ${[...withType].sort().join(", ")}, or another ec2.instanceType`,
      ),
    ];
  });
}

function takenFindings(topology: Topology, taken: PlacesLook["taken"]): readonly Finding[] {
  if (taken === undefined || !("found" in taken)) return silence("which addresses are in use", taken);
  return taken.found.map(({ address, by }) =>
    wrong(`${pathOf(topology, address)}: ${address} is in use by ${by}: choose a free address`),
  );
}

/** The key of the config that has an address. */
function pathOf(topology: Topology, address: string): string {
  for (const [at, { nodes, pool, vip }] of topology.pairs.entries()) {
    if (vip.address === address) return formatPath(["pairs", at, "vip", "address"]);
    const node = nodes.findIndex((one) => one.address === address);
    if (node >= 0) return formatPath(["pairs", at, "nodes", node, "address"]);
    const machine = pool?.machines.findIndex((one) => one.address === address) ?? -1;
    if (machine >= 0) return formatPath(["pairs", at, "pool", "machines", machine, "address"]);
  }
  return hostsOf(topology).find((host) => host.address === address)?.name ?? address;
}

function endpointFindings({ vpc }: Ec2Section, looked: PlacesLook["endpoints"]): readonly Finding[] {
  if (looked === undefined || !("found" in looked))
    return silence("whether the VPC has an endpoint of the EC2 API", looked);
  return looked.found.map((id) =>
    wrong(
      `ec2.api: ${vpc.id} has an endpoint of the EC2 API under its name already, ${id}, and AWS makes no second one: set ec2.api to nat, and let its security group accept port 443 of the nodes`,
    ),
  );
}

function elasticIpFindings({ pairs }: Topology, looked: PlacesLook["elasticIps"]): readonly Finding[] {
  if (looked === undefined || !("found" in looked))
    return silence("whether the Elastic IPs are in use", looked);
  return looked.found.map(({ id, by }) => {
    const at = pairs.findIndex(({ vip }) => vip.aws?.elasticIp === id);
    return wrong(
      `${formatPath(["pairs", at, "vip", "elasticIp"])}: ${id} is in use by ${by}, from which the nodes would take it: disassociate it, or name another`,
    );
  });
}
