import { delayMap } from "../render/services/haproxyInternet.ts";
import { exitsInterface } from "../render/services/microsocks.ts";
import { run } from "./machine.ts";
import { askHaproxy } from "./observe/daemons.ts";

/**
 * Faults of the egress proxies in a lab with `internet`, by the proxy's name. Each function sets a state, whatever the
 * state before: calling it twice changes nothing.
 */

const machine = "internet";

/** What happens to packets between a proxy and its targets; the proxy's SOCKS port always answers. */
export type Uplink = "open" | "cut" | "refused";

const filters: Readonly<Record<Uplink, readonly string[]>> = {
  open: [],
  // Also on connections that exist already.
  cut: ["-A OUTPUT -d TARGET -j DROP", "-A INPUT -s TARGET -j DROP"],
  refused: ["-A OUTPUT -p tcp -d TARGET -j REJECT --reject-with tcp-reset"],
};

/** Replaces all filter rules of the namespace `$0` at once, with those on stdin. */
const loadRules = `target=$(ip -4 -brief address show dev ${exitsInterface} | sed -E 's|.* ([0-9.]+)/32.*|\\1|')
sed "s|TARGET|$target|" | ip netns exec "$0" iptables-restore`;

export async function uplink(lab: string, server: string, state: Uplink): Promise<void> {
  const chains = ["INPUT", "FORWARD", "OUTPUT"].map((chain) => `:${chain} ACCEPT [0:0]`);
  const text = ["*filter", ...chains, ...filters[state], "COMMIT", ""].join("\n");
  await runBounded(lab, ["sh", "-c", loadRules, server], text);
}

/** The targets delay every connection that comes through this proxy by `ms`; 0 for none. */
export async function slow(lab: string, server: string, ms: number): Promise<void> {
  const addresses = await runBounded(lab, [
    "ip",
    "-n",
    server,
    "-4",
    "-brief",
    "address",
    "show",
    "dev",
    "uplink",
  ]);
  const address = /(\S+)\/\d+/.exec(addresses)?.[1];
  if (address === undefined)
    throw new Error(`the proxy ${server} of lab ${lab} has no address: ${addresses}`);
  const entry = `map ${delayMap} ${address} ${ms}`;
  const answer = await askHaproxy(lab, machine, `set ${entry}`);
  const problem = answer.startsWith("entry not found")
    ? await askHaproxy(lab, machine, `add ${entry}`)
    : answer;
  if (problem !== "") throw new Error(`the targets of lab ${lab} accept no delay for ${server}: ${problem}`);
}

/** Kills the proxy; its unit starts it again 3 s later. */
export async function crash(lab: string, server: string): Promise<void> {
  await runBounded(lab, ["systemctl", "kill", "--signal=KILL", unitOf(server)]);
}

/** Restarts the proxy now; resolves once its port is open. */
export async function restart(lab: string, server: string): Promise<void> {
  await runBounded(lab, ["systemctl", "restart", unitOf(server)]);
  await runBounded(lab, ["sh", "-c", untilListening, server]);
}

/** Waits in the namespace `$0`: microsocks does not notify when it listens. */
const untilListening = `until ip netns exec "$0" ss -Hltn | grep -q .; do sleep 0.02; done`;

/** Starts every proxy, and makes its uplink open and fast. */
export async function restoreAll(lab: string): Promise<void> {
  const namespaces = await runBounded(lab, ["ip", "netns", "list"]);
  const servers = namespaces.split("\n").flatMap((line) => line.split(" ")[0] || []);
  await askHaproxy(lab, machine, `clear map ${delayMap}`);
  for (const server of servers) {
    await uplink(lab, server, "open");
    await runBounded(lab, ["systemctl", "start", unitOf(server)]);
    await runBounded(lab, ["sh", "-c", untilListening, server]);
  }
}

function unitOf(server: string): string {
  return `egress@${server}.service`;
}

/** A proxy that never listens must not hold up a drill. */
function runBounded(lab: string, argv: readonly string[], input?: string): Promise<string> {
  return run(lab, machine, ["timeout", "20", ...argv], input);
}
