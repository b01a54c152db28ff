import type { HostReport } from "../../contract/hostStatus.ts";
import { readStatus } from "../status.ts";
import { type Command, options } from "./command.ts";
import { thisHost } from "./thisHost.ts";

export const statusCommand: Command = {
  name: "status",
  synopsis: "status [--json]",
  about: `What this host runs: its bundle and since when, files edited by hand, units; on a node also whether it
holds the virtual address, haproxy with all its processes, and its servers; where poolers run, those and their
database. Says which limits of connections are reached, warns where disk space, inodes or memory run low, and says
what it cannot find out.`,
  run,
};

async function run(args: readonly string[]): Promise<number> {
  const { values } = options(args, { json: { type: "boolean", default: false } });
  const status = await readStatus(thisHost());
  process.stdout.write(values.json ? `${JSON.stringify(status)}\n` : printStatus(status));
  return 0;
}

/** The status as text, most important first. */
export function printStatus(status: HostReport): string {
  const { bundle, node, pool } = status;
  const role = node
    ? node.holder
      ? `, holder of ${node.virtualAddress}`
      : `, backup for ${node.virtualAddress}`
    : "";
  const lines = [
    `${status.host}${role}`,
    `  bundle    ${bundle.live ? `${bundle.live.slice(0, 12)} since ${bundle.since ?? "an apply that has not ended"}` : "none yet"}`,
    `  previous  ${bundle.previous.map((sha) => sha.slice(0, 12)).join(" ") || "none"}`,
  ];
  if (status.unfinished) {
    const { kind, to, startedAt, running } = status.unfinished;
    const what = `${kind} to ${to.slice(0, 12)}, started ${startedAt},`;
    lines.push(
      running
        ? `  running   ${what} has not ended yet`
        : `  unfinished  ${what} was interrupted: apply or roll back to finish it`,
    );
  }
  for (const path of status.edited)
    lines.push(
      `  edited    /${path} differs from the bundle: the next apply restores the bundle's file and keeps a copy of this one`,
    );
  lines.push(
    ...status.full.map((limit) => `  full      ${limit}`),
    ...status.warnings.map((warning) => `  warning   ${warning}`),
    ...status.problems.map((problem) => `  unknown   ${problem}`),
  );
  for (const { unit, active, sub, restarts } of status.units) {
    lines.push(
      `  unit      ${unit} ${active} (${sub})${restarts > 0 ? `, restarted ${restarts} times` : ""}`,
    );
  }
  if (node) {
    const { haproxy } = node;
    lines.push(`  haproxy   ${haproxy ? haproxyWords(haproxy) : "does not answer"}`);
    for (const { pid, old, reloads, connections } of haproxy?.workers ?? []) {
      const serves = old ? `left by ${times(reloads, "reload")}` : "serves";
      lines.push(
        `  process   ${pid} ${serves}, ${connections === null ? "connections unknown" : times(connections, "connection")}`,
      );
    }
    for (const { name, state, check, sessions } of node.servers) {
      lines.push(`  server    ${name} ${state} ${check}, ${sessions} sessions`);
    }
    if (node.updates) {
      const { state, host, nodes } = node.updates;
      lines.push(`  updates   ${state}, ${nodes === null ? "no list yet" : times(nodes, "node")} of ${host}`);
    }
  }
  if (pool) {
    if (pool.postgres !== null) lines.push(`  postgres  ${pool.postgres ? "answers" : "does not answer"}`);
    if (pool.database) {
      const { at, problem } = pool.database;
      lines.push(`  database  ${at} ${problem === null ? "answers" : `does not answer: ${problem}`}`);
    }
    for (const { unit, port, forSessions, reachable } of pool.poolers) {
      const kept = forSessions ? ", for sessions" : "";
      lines.push(`  pooler    ${unit} ${reachable ? "accepts" : "refuses"} connections on ${port}${kept}`);
    }
  }
  return `${lines.join("\n")}\n`;
}

function haproxyWords({
  version,
  uptimeS,
  connections,
  workers,
}: NonNullable<NonNullable<HostReport["node"]>["haproxy"]>): string {
  const among = workers.length > 1 ? ` in ${workers.length} processes` : "";
  return `${version}, up ${uptimeS} s, ${times(connections, "connection")}${among}`;
}

function times(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
