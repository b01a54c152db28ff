import type { NetworkSpec } from "../../contract/lab.ts";
import { findLeader } from "../machine/exec.ts";
import { blackHole, bridge, namespace, namespacePath } from "../paths.ts";
import { run } from "../process/run.ts";
import { machineNames } from "../store.ts";

/** True where the lab's network namespace exists and can be entered. */
export async function namespaceLives(lab: string): Promise<boolean> {
  return run(["ip", "-n", namespace(lab), "link", "show", "lo"]).then(
    () => true,
    () => false,
  );
}

/** Makes the namespace and its bridge, or what is missing of them. This host's own network stays as it is. */
export async function makeNamespace(lab: string, { app, cidr }: NetworkSpec): Promise<void> {
  const inside = ["ip", "-n", namespace(lab)];
  if (!(await namespaceLives(lab))) {
    // `ip netns add` leaves a name without a namespace where it is killed.
    await run(["ip", "netns", "delete", namespace(lab)]).catch(() => undefined);
    await run(["ip", "netns", "add", namespace(lab)]);
  }
  const address = `${app}/${cidr.split("/")[1]}`;
  const interfaces = (await run([...inside, "-4", "-brief", "address", "show"])).split("\n");
  const found = interfaces.find((line) => line.startsWith(`${bridge} `))?.split(/\s+/);
  if (found?.includes(address)) return;
  if (found === undefined) {
    // A fixed hardware address: otherwise the bridge has one of its ports', which changes as machines come and go.
    const bridgeOptions = ["type", "bridge", "stp_state", "0", "forward_delay", "0", "mcast_snooping", "0"];
    await run([...inside, "link", "delete", bridge]).catch(() => undefined);
    await run([...inside, "link", "add", bridge, "address", "02:00:00:00:00:0a", ...bridgeOptions]);
  }
  await run([...inside, "link", "delete", blackHole]).catch(() => undefined);
  // Strict reverse path filter: a machine taken off the bridge must not reach the application server directly.
  const filter = "echo 1 > /proc/sys/net/ipv4/conf/all/rp_filter";
  // A plain switch: packets on the bridge pass no packet filter. Without br_netfilter there are no such keys.
  const plain =
    "for key in /proc/sys/net/bridge/bridge-nf-call-*tables; do [ ! -e $key ] || echo 0 > $key; done";
  await run(["nsenter", `--net=${namespacePath(lab)}`, "sh", "-c", `${filter}; ${plain}`]);
  const batch = [
    `link add ${blackHole} type bridge`,
    `link set ${blackHole} up`,
    "link set lo up",
    `address flush dev ${bridge}`,
    `address add ${address} dev ${bridge}`,
    `link set ${bridge} up`,
  ];
  await run([...inside, "-batch", "-"], `${batch.join("\n")}\n`);
}

/** Removes the address from every neighbour table of the lab: an old entry would be used for up to 30 s. */
export async function forgetNeighbour(lab: string, address: string): Promise<void> {
  const machines = machineNames(lab).flatMap((name) => findLeader(lab, name) ?? []);
  const networks = [namespacePath(lab), ...machines.map((leader) => `/proc/${leader}/ns/net`)];
  const flush = ["ip", "neighbour", "flush", "to", address];
  // A machine that ends meanwhile has no table left.
  await Promise.all(networks.map((path) => run(["nsenter", `--net=${path}`, ...flush]).catch(() => "")));
}
