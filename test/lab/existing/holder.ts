import { waitFor } from "../../../base/waitFor.ts";
import { exec } from "../../../lab/machine/exec.ts";
import { must } from "../hosts/onHost.ts";

/** Whether a machine has the virtual address. */
export async function holds(lab: string, name: string): Promise<boolean> {
  return (await exec(lab, name, ["ip", "-brief", "address"])).stdout.includes("10.0.1.100/32");
}

/** Lets a node hold the virtual address: the one that has it stops its keepalived until the other one has it. */
export async function letHold(lab: string, node: string, peer: string): Promise<void> {
  if (await holds(lab, node)) return;
  await must(lab, peer, ["systemctl", "stop", "keepalived"]);
  const moved = await waitFor(20_000, async () => ((await holds(lab, node)) ? true : undefined));
  await must(lab, peer, ["systemctl", "start", "keepalived"]);
  if (!moved) throw new Error(`${node} does not take the virtual address over from ${peer}`);
}
