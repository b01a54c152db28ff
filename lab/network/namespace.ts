import type { NetworkSpec } from "../../contract/lab.ts";
import { findLeader } from "../machine/exec.ts";
import { blackHole, bridge, namespace, namespacePath } from "../paths.ts";
import { run } from "../process/run.ts";
import { machineNames } from "../store.ts";

/** True where the lab's network namespace is there and can be entered. */
export async function namespaceLives(lab: string): Promise<boolean> {
  return run(["ip", "-n", namespace(lab), "link", "show", "lo"]).then(
    () => true,
    () => false,
  );
}

/** Makes the namespace with its bridge, or what is missing of them. Nothing appears outside. */
export async function makeNamespace(lab: string, { app, cidr }: NetworkSpec): Promise<void> {
  const inside = ["ip", "-n", namespace(lab)];
  if (!(await namespaceLives(lab))) {
    // A kill in the middle of `ip netns add` leaves a name without a namespace.
    await run(["ip", "netns", "delete", namespace(lab)]).catch(() => undefined);
    await run(["ip", "netns", "add", namespace(lab)]);
  }
  const address = `${app}/${cidr.split("/")[1]}`;
  const present = await run([...inside, "-4", "-brief", "address", "show"]);
  if (
    present.split("\n").some((line) => line.startsWith(`${bridge} `) && line.split(/\s+/).includes(address))
  )
    return;
  if (!present.includes(`${bridge} `)) {
    // An own hardware address: otherwise the bridge takes over a port's, and changes it as machines come and go.
    const bridgeOptions = ["type", "bridge", "stp_state", "0", "forward_delay", "0", "mcast_snooping", "0"];
    await run([...inside, "link", "delete", bridge]).catch(() => undefined);
    await run([...inside, "link", "add", bridge, "address", "02:00:00:00:00:0a", ...bridgeOptions]);
  }
  await run([...inside, "link", "delete", blackHole]).catch(() => undefined);
  // A port taken off the bridge must not find the application server behind it: strict reverse path filter.
  const filter = "echo 1 > /proc/sys/net/ipv4/conf/all/rp_filter";
  // The bridge is a plain switch: what passes it passes no packet filter. The key is missing where no such filter is.
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

/** Lets the whole lab ask anew who has the address: an entry for who had it before leads nowhere for up to 30 s. */
export async function forgetNeighbour(lab: string, address: string): Promise<void> {
  const machines = machineNames(lab).flatMap((name) => findLeader(lab, name) ?? []);
  const networks = [namespacePath(lab), ...machines.map((leader) => `/proc/${leader}/ns/net`)];
  const flush = ["ip", "neighbour", "flush", "to", address];
  // One that ends meanwhile forgets by itself.
  await Promise.all(networks.map((path) => run(["nsenter", `--net=${path}`, ...flush]).catch(() => "")));
}
