import { Failure } from "../../../../base/failure.ts";
import { subnet } from "../../../../topology/ip.ts";
import type { Target, Topology } from "../../../../topology/topology.ts";
import type { Adapter } from "./adapter.ts";

/** What this machine has for virtual machines to join the network by. */
export interface Adapters {
  /** In the provider's order. */
  readonly adapters: readonly Adapter[];
  /** Name of the kernel's interface with the default route; undefined where there is none. */
  readonly defaultRoute: string | undefined;
}

/**
 * The adapter that a config means. Pure: Vagrant gets one name, so that it never asks and never takes another.
 * @throws Failure that lists what there is
 */
export function chooseBridge(
  { bridge, provider }: Pick<Target<"vagrant">, "bridge" | "provider">,
  { cidr }: Pick<Topology["network"], "cidr">,
  { adapters, defaultRoute }: Adapters,
): Adapter {
  const usable = adapters.filter(({ state }) => state !== "down");
  const { noun, missing, fixing } = words[provider];
  const list = adapters.length > 0 ? `there is ${adapters.map(shown).join(", ")}` : missing;
  if (bridge !== undefined) {
    const patterns = typeof bridge === "string" ? [bridge] : bridge;
    const chosen = patterns.flatMap((pattern) => usable.filter(({ name }) => fits(pattern, name)))[0];
    if (chosen === undefined)
      throw new Failure(
        `vagrant.bridge: no ${noun} that is up fits ${patterns.join(" or ")}: ${list}; correct that key, or ${fixing}`,
      );
    refuseOtherNetwork(chosen, cidr, usable);
    return chosen;
  }
  const byRoute = usable.find(({ name }) => defaultRoute !== undefined && isInterface(defaultRoute, name));
  if (byRoute === undefined)
    throw new Failure(
      `vagrant.bridge: is not set, and ${defaultRoute === undefined ? "this machine has no default route" : `the default route's ${defaultRoute} cannot be used as a bridge`}: ${list}; ${adapters.length > 0 ? "set vagrant.bridge to one of them, or " : ""}${fixing}`,
    );
  refuseOtherNetwork(byRoute, cidr, usable);
  return byRoute;
}

const words = {
  virtualbox: {
    noun: "adapter",
    missing: "VirtualBox lists no adapter at all",
    fixing: "connect the adapter",
  },
  libvirt: {
    noun: "bridge",
    missing: "this machine has no bridge, and libvirt needs a real one",
    fixing: "make a bridge of the adapter (docs/vagrant.md#a-bridge-for-libvirt has the recipe)",
  },
};

/** A machine with an address of another network would be reached by nobody. */
function refuseOtherNetwork({ name, network }: Adapter, cidr: string, usable: readonly Adapter[]): void {
  const [own, wanted] = [subnet(network), subnet(cidr)];
  if (own === undefined || wanted === undefined) return;
  if (own.contains(wanted.network) || wanted.contains(own.network)) return;
  const fitting = usable.filter((adapter) => subnet(adapter.network)?.contains(wanted.network));
  const other =
    fitting.length > 0
      ? `set vagrant.bridge to ${fitting.map((adapter) => adapter.name).join(" or ")}, which is on that network, or`
      : "connect this machine to that network, or";
  throw new Failure(
    `network.cidr: is ${cidr}, and the adapter ${name} is on ${network}: ${other} set network.cidr and every address of the config to that of ${name}`,
  );
}

/** Vagrant too ignores case. */
function fits(pattern: string, name: string): boolean {
  const [wanted, own] = [pattern.toLowerCase(), name.toLowerCase()];
  return wanted.endsWith("*") ? own.startsWith(wanted.slice(0, -1)) : own === wanted;
}

/** On macOS the adapter's name begins with the interface's. */
function isInterface(device: string, name: string): boolean {
  return name === device || name.startsWith(`${device}: `);
}

function shown({ name, network, state, wireless }: Adapter): string {
  const notes = [network ?? "no address", ...(wireless ? ["Wi-Fi"] : []), ...(state === "up" ? [] : [state])];
  return `${name} (${notes.join(", ")})`;
}
