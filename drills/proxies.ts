import { type Executed, exec } from "../lab/machine/exec.ts";
import { delayMap, exitsInterface } from "../render/paths.ts";
import { askHaproxy } from "./observe/daemons.ts";

/**
 * Faults of the egress proxies in a lab with `internet`, by the proxy's name. Each function makes a state, whatever
 * was before: to call it again changes nothing.
 */

const machine = "internet";

/** What becomes of packets between a proxy and the targets; its SOCKS port answers all the while. */
export type Uplink = "open" | "cut" | "refused";

const filters: Readonly<Record<Uplink, readonly string[]>> = {
  open: [],
  // Nothing comes back, also on connections that are there.
  cut: ["-A OUTPUT -d TARGET -j DROP", "-A INPUT -s TARGET -j DROP"],
  refused: ["-A OUTPUT -p tcp -d TARGET -j REJECT --reject-with tcp-reset"],
};

/** Replaces the namespace's whole filter at once: `$0` is the namespace, stdin the rules. */
const load = `target=$(ip -4 -brief address show dev ${exitsInterface} | sed -E 's|.* ([0-9.]+)/32.*|\\1|')
sed "s|TARGET|$target|" | ip netns exec "$0" iptables-restore`;

export async function uplink(lab: string, server: string, state: Uplink): Promise<void> {
  const chains = ["INPUT", "FORWARD", "OUTPUT"].map((chain) => `:${chain} ACCEPT [0:0]`);
  const text = ["*filter", ...chains, ...filters[state], "COMMIT", ""].join("\n");
  await run(lab, ["sh", "-c", load, server], text);
}

/** The targets let each connection that comes through this proxy wait for `ms`; 0 ends that. */
export async function slow(lab: string, server: string, ms: number): Promise<void> {
  const { stdout } = await run(lab, ["ip", "-n", server, "-4", "-brief", "address", "show", "dev", "uplink"]);
  const address = /(\S+)\/\d+/.exec(stdout)?.[1];
  if (address === undefined) throw new Error(`the proxy ${server} of lab ${lab} has no address: ${stdout}`);
  const entry = `map ${delayMap} ${address} ${ms}`;
  const answer = await askHaproxy(lab, machine, `set ${entry}`);
  const trouble = answer.startsWith("entry not found")
    ? await askHaproxy(lab, machine, `add ${entry}`)
    : answer;
  if (trouble.trim() !== "")
    throw new Error(`the targets of lab ${lab} take no delay for ${server}: ${trouble}`);
}

/** Kills the proxy; its unit starts it again 3 s later. */
export async function crash(lab: string, server: string): Promise<void> {
  await run(lab, ["systemctl", "kill", "--signal=KILL", unitOf(server)]);
}

/** Starts the proxy anew, now; resolves once its port is open. */
export async function restart(lab: string, server: string): Promise<void> {
  await run(lab, ["systemctl", "restart", unitOf(server)]);
  await run(lab, ["sh", "-c", untilListening, server]);
}

/** microsocks does not tell when it listens; `$0` is the namespace. */
const untilListening = `until ip netns exec "$0" ss -Hltn | grep -q .; do sleep 0.02; done`;

/** Every proxy runs, its uplink open and fast. */
export async function restoreAll(lab: string): Promise<void> {
  const { stdout } = await run(lab, ["ip", "netns", "list"]);
  const servers = stdout.split("\n").flatMap((line) => line.split(" ")[0] || []);
  await askHaproxy(lab, machine, `clear map ${delayMap}`);
  for (const server of servers) {
    await uplink(lab, server, "open");
    await run(lab, ["systemctl", "start", unitOf(server)]);
    await run(lab, ["sh", "-c", untilListening, server]);
  }
}

function unitOf(server: string): string {
  return `egress@${server}.service`;
}

/** @throws Error with the command's own words */
async function run(lab: string, argv: readonly string[], input?: string): Promise<Executed> {
  const done = await exec(lab, machine, ["timeout", "20", ...argv], input);
  if (done.exitCode !== 0) throw new Error(`${machine} of lab ${lab}: ${argv.join(" ")}: ${done.stderr}`);
  return done;
}
