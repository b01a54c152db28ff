import { setTimeout as delay } from "node:timers/promises";
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

/** What was seen of the virtual address by asking the nodes again and again. */
interface Seen {
  /** Looks at which the holder did not have it, or another node did: by the nodes that had it. */
  readonly elsewhere: readonly string[];
  /** Nodes whose keepalived took it meanwhile, however short that was. */
  readonly takers: readonly string[];
}

/** Watches until `stop` whether the address stays on its holder, and on it alone. */
export function watchStays(
  lab: string,
  holder: string,
  others: readonly string[],
): { stop(): Promise<Seen> } {
  const nodes = [holder, ...others];
  const since = String(Date.now() / 1000);
  const elsewhere: string[] = [];
  let ended = false;
  const watching = (async () => {
    while (!ended) {
      // A machine that does not run holds nothing.
      const has = await Promise.all(nodes.map((node) => holds(lab, node).catch(() => false)));
      const holders = nodes.filter((_, index) => has[index]).join(", ");
      if (holders !== holder) elsewhere.push(holders);
      await delay(200);
    }
  })();
  return {
    stop: async () => {
      ended = true;
      await watching;
      const logs = await Promise.all(nodes.map((node) => statesSince(lab, node, since)));
      return { elsewhere, takers: nodes.filter((_, index) => logs[index]?.includes("MASTER")) };
    },
  };
}

/** States that a node's keepalived has entered since that time (epoch, s), oldest first. */
async function statesSince(lab: string, node: string, since: string): Promise<readonly string[]> {
  const log = ["journalctl", "--unit=keepalived", "--output=cat", `--since=@${since}`];
  const { stdout } = await must(lab, node, log);
  return [...stdout.matchAll(/Entering (\w+) STATE/g)].map(([, state = ""]) => state);
}
