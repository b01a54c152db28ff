import { preferredOf } from "../../agent/egress/act/preference.ts";
import { ask } from "../../agent/haproxy/runtime.ts";
import { statRows } from "../../agent/haproxy/servers.ts";
import { exec, leaderPid } from "../../lab/machine/exec.ts";
import { poolBackend, runtimeSocket, sessionBackend } from "../../render/paths.ts";
import { type DrilledPair, egressOf } from "../pair.ts";

/** Sends a command of the Runtime API. @returns the answer, "" where it is empty @throws where no haproxy answers */
export async function askHaproxy(lab: string, machine: string, command: string): Promise<string> {
  return (await ask(haproxySocket(lab, machine), command, { timeoutMs: 1000 })).trim();
}

/** The Runtime API's socket, as a path on this host: a Unix socket is not bound to its owner's network namespace. */
export function haproxySocket(lab: string, machine: string): string {
  return `/proc/${leaderPid(lab, machine)}/root${runtimeSocket}`;
}

/** State of each server of a backend on a node (`UP`, `DOWN`, `DRAIN` …); empty where haproxy does not answer. */
export async function serverStates(
  lab: string,
  node: string,
  backend: string,
): Promise<Readonly<Record<string, string>>> {
  try {
    const rows = statRows(await askHaproxy(lab, node, "show stat"));
    return Object.fromEntries(
      rows.filter((row) => row.backend === backend).map(({ server, status }) => [server, status]),
    );
  } catch {
    return {};
  }
}

/** Number of poolers that a node's haproxy marks up, those for sessions among them; 0 where it does not answer. */
export async function poolersUp(lab: string, node: string): Promise<number> {
  const states = await Promise.all(
    [poolBackend, sessionBackend].map((backend) => serverStates(lab, node, backend)),
  );
  return states.flatMap((one) => Object.values(one)).filter((state) => state === "UP").length;
}

/** The proxy that a node's haproxy prefers; null where there is no preference. */
export async function preferredOn(pair: DrilledPair, node: string): Promise<string | null> {
  return preferredOf(await askHaproxy(pair.lab, node, `show map ${egressOf(pair).mapFile}`));
}

/** A page of the agent on a node; "" where no agent answers. */
export async function agentPage(
  pair: DrilledPair,
  node: string,
  path: "/egress" | "/metrics" | "/address",
): Promise<string> {
  const metricsPort = pair.ec2?.agentPort ?? egressOf(pair).metricsPort;
  const fetch = `exec 3<>/dev/tcp/127.0.0.1/${metricsPort}; printf 'GET ${path} HTTP/1.0\\r\\n\\r\\n' >&3; cat <&3`;
  const { stdout } = await exec(pair.lab, node, ["timeout", "5", "bash", "-c", fetch]);
  return stdout.split("\r\n\r\n", 2)[1] ?? "";
}

/** How often the agent on a node has changed its preference since it started, by its own metric. */
export async function agentSwitches(pair: DrilledPair, node: string): Promise<number> {
  return sumOfMetric(await agentPage(pair, node, "/metrics"), "hapair_egress_switches_total");
}

/** Sum over all labels. @throws where the text has no such metric */
export function sumOfMetric(text: string, name: string): number {
  if (!text.includes(`# TYPE ${name} `)) throw new Error(`the agent does not count ${name}`);
  const samples = text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)`, "gm"));
  return [...samples].reduce((sum, [, value]) => sum + Number(value), 0);
}
