import { findLeader } from "./leader.ts";
import { namespacePath } from "./paths.ts";
import { run } from "./run.ts";
import { machineNames } from "./store.ts";

/** Lets the whole lab ask anew who has the address: an entry for who had it before leads nowhere for up to 30 s. */
export async function forgetNeighbour(lab: string, address: string): Promise<void> {
  const machines = machineNames(lab).flatMap((name) => findLeader(lab, name) ?? []);
  const networks = [namespacePath(lab), ...machines.map((leader) => `/proc/${leader}/ns/net`)];
  const flush = ["ip", "neighbour", "flush", "to", address];
  // One that ends meanwhile forgets by itself.
  await Promise.all(networks.map((path) => run(["nsenter", `--net=${path}`, ...flush]).catch(() => "")));
}
