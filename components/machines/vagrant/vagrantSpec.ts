import type { VagrantBox, VagrantMachine, VagrantMachines } from "../../../contract/vagrantMachines.ts";
import { type Host, hostsOf } from "../../../topology/hosts.ts";
import { subnet } from "../../../topology/ip.ts";
import { firstNetworks } from "../../../topology/schema/vagrant.ts";
import type { Target, Topology } from "../../../topology/topology.ts";

/**
 * Boxes with Debian 13. Their versions are those that other projects pin; no catalogue was asked for them, nor for a
 * checksum: where Vagrant finds no such version, set `vagrant.box`.
 */
export const boxes: Readonly<Record<Target<"vagrant">["provider"], VagrantBox>> = {
  // amd64 and arm64.
  virtualbox: { name: "bento/debian-13", version: "202510.26.0" },
  libvirt: { name: "debian/trixie64", version: "13.20260519.1" },
};

/** Name of a box that a config names by its file alone. */
export const boxOfFileName = "hapair/debian-13";

/** What Vagrant makes for a topology, but for what only this machine knows. Pure. */
export function vagrantSpec(
  target: Target<"vagrant">,
  topology: Topology,
): Omit<VagrantMachines, "version" | "stack" | "bridge" | "ofMaking"> {
  const { provider, user } = target;
  const [firstNetwork] = topology.network.management;
  return {
    provider,
    user,
    ...(firstNetwork !== undefined && firstNetwork !== firstNetworks[provider] && { firstNetwork }),
    box: boxOf(target),
    machines: nodesFirst(hostsOf(topology)).map((host) => machineOf(target, topology, host)),
  };
}

function boxOf({ provider, box }: Target<"vagrant">): VagrantBox {
  const { name, version, file, checksum, architecture } = box;
  const own = file === undefined ? boxes[provider] : { name: boxOfFileName };
  return {
    // A version belongs to one name.
    ...(name === undefined || name === own.name ? own : { name }),
    ...(version !== undefined && { version }),
    ...(file !== undefined && { file }),
    ...(checksum !== undefined && { checksum }),
    ...(architecture !== undefined && { architecture }),
  };
}

function machineOf(
  target: Target<"vagrant">,
  { network }: Topology,
  { name, address }: Host,
): VagrantMachine {
  const { memoryMb = target.memoryMb, cpus = target.cpus } = target.machines[name] ?? {};
  return { name, address, netmask: netmaskOf(network.cidr), memoryMb, cpus };
}

function netmaskOf(cidr: string): string {
  const { prefixLength = 32 } = subnet(cidr) ?? {};
  const bits = prefixLength === 0 ? 0 : (0xff_ff_ff_ff << (32 - prefixLength)) >>> 0;
  return [24, 16, 8, 0].map((shift) => (bits >>> shift) & 0xff).join(".");
}

/** As they are named to Vagrant's user. */
function nodesFirst(hosts: readonly Host[]): readonly Host[] {
  return hosts.toSorted((one, other) => Number(one.role !== "node") - Number(other.role !== "node"));
}
