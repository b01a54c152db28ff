import { execFileSync } from "node:child_process";
import { randomInt } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Refusal, unknown } from "./refusal.ts";
import type { Machine } from "./store.ts";

/** An adapter of this host that machines can be bridged to. */
export interface HostAdapter {
  readonly name: string;
  readonly address: string;
  readonly netmask: string;
  readonly status: "Up" | "Down" | "Unknown";
}

/** Ports that machines have on a bridge are not adapters of the host. */
const portPrefix = "vb-";

/** This host's adapters; a file in the folder, as a test wrote it, has those of another kind of host. */
export function hostAdapters(folder: string): readonly HostAdapter[] {
  const played = join(folder, "adapters.json");
  if (existsSync(played)) return JSON.parse(readFileSync(played, "utf8"));
  const links: {
    ifname: string;
    link_type: string;
    flags: string[];
    addr_info: { family: string; local: string; prefixlen: number }[];
  }[] = JSON.parse(execFileSync("ip", ["-json", "address", "show"], { encoding: "utf8" }));
  return links
    .filter(({ link_type, ifname }) => link_type === "ether" && !ifname.startsWith(portPrefix))
    .map(({ ifname: name, flags, addr_info }) => {
      const own = addr_info.find(({ family }) => family === "inet");
      const status = flags.includes("UP") ? "Up" : "Down";
      return { name, address: own?.local ?? "0.0.0.0", netmask: netmask(own?.prefixlen ?? 0), status };
    });
}

function netmask(length: number): string {
  return [0, 8, 16, 24].map((before) => 256 - 2 ** (8 - Math.max(0, Math.min(8, length - before)))).join(".");
}

/** As `list bridgedifs` prints it. */
export function printed({ name, address, netmask, status }: HostAdapter): string {
  return `${[
    ["Name", name],
    ["GUID", "00000000-0000-4000-8000-020000000005"],
    ["DHCP", "Disabled"],
    ["IPAddress", address],
    ["NetworkMask", netmask],
    ["IPV6Address", ""],
    ["IPV6NetworkMaskPrefixLength", "0"],
    ["HardwareAddress", "02:00:00:00:00:05"],
    ["MediumType", "Ethernet"],
    ["Wireless", name.startsWith("wl") ? "Yes" : "No"],
    ["Status", status],
    ["VBoxNetworkName", `HostInterfaceNetworking-${name}`],
  ]
    .map(([key, value]) => `${key}: `.padEnd(17) + value)
    .join("\n")}\n`;
}

/** A machine's adapters that are not `none`, by number. */
export function adaptersOf({
  settings,
}: Machine): readonly { readonly number: number; readonly kind: string }[] {
  return [1, 2, 3, 4, 5, 6, 7, 8]
    .map((number) => ({ number, kind: settings[`nic${number}`] ?? "none" }))
    .filter(({ kind }) => kind !== "none");
}

/** The adapter's hardware address, as VirtualBox writes it; made where it has none. */
export function macOf({ settings }: Machine, number: number): string {
  const key = `macaddress${number}`;
  const own = settings[key] ?? "auto";
  if (own !== "auto") return own;
  const made = `080027${randomInt(2 ** 24)
    .toString(16)
    .padStart(6, "0")}`.toUpperCase();
  settings[key] = made;
  return made;
}

/** Slots of VirtualBox's default chipset. */
const slots = [3, 8, 9, 10, 16, 17, 18, 19];

/** A machine's adapter as its guest sees it. */
export interface GuestAdapter {
  /** On the only bus; the guest calls the adapter `enp0s` and this number. */
  readonly slot: number;
  /** Hardware address, with colons. */
  readonly mac: string;
}

export function guestAdapter(machine: Machine, number: number): GuestAdapter {
  const mac = (macOf(machine, number).match(/../g) ?? []).join(":");
  return { slot: slots[number - 1] ?? 0, mac };
}

/** The network that NAT gives the guest. */
export function natNetwork({ settings }: Machine, number: number): string {
  const { [`natnet${number}`]: network = "default" } = settings;
  return network === "default" ? "10.0.2.0/24" : network;
}

/** The bridge of a bridged adapter. @throws Refusal where the host does not have it */
export function bridgeOf(machine: Machine, number: number): string {
  const bridge = machine.settings[`bridgeadapter${number}`] ?? "";
  if (machine.settings[`cableconnected${number}`] === "off") throw unknown("adapters without a cable");
  if (!existsSync(`/sys/class/net/${bridge}`))
    throw new Refusal(`Nonexistent host networking interface, name '${bridge}' (VERR_INTERNAL_ERROR)`);
  // VirtualBox filters packets of any adapter; here it has to be a bridge.
  if (!existsSync(`/sys/class/net/${bridge}/bridge`)) throw unknown(`how to bridge to ${bridge}`);
  return bridge;
}

/** What a machine's things in the kernel's network are called after. */
export const networkName = ({ uuid }: Machine) => `${portPrefix}${uuid.slice(0, 8)}`;
export const portOf = (machine: Machine, number: number) => `${networkName(machine)}-${number}`;

function removePort(port: string): void {
  if (existsSync(`/sys/class/net/${port}`)) execFileSync("ip", ["link", "delete", port]);
}

/** Removes what a machine had on the host's bridges. */
export function removePorts(machine: Machine): void {
  for (const { number } of adaptersOf(machine)) removePort(portOf(machine, number));
}
