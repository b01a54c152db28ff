import type { HostReport } from "../../contract/hostStatus.ts";
import type { StackOutputs } from "../../contract/stackOutputs.ts";
import { results as pc } from "../session/output.ts";
import type { HostStatus } from "./ask.ts";
import { deliveredBundles, driftReason, runs, short, type Unknown } from "./drift.ts";
import { formatHolding, holdingOf } from "./holding.ts";

type Haproxy = NonNullable<NonNullable<HostReport["node"]>["haproxy"]>;

/** The status of a stack, most important first, for a person who is called during an outage. */
export function formatStatus(
  outputs: Pick<StackOutputs, "pairs" | "internet">,
  hosts: readonly HostStatus[],
): string {
  const delivered = deliveredBundles(outputs);
  const pairLines = Object.entries(outputs.pairs).map(([name, { vip, endpoints }]) => {
    const holding = holdingOf(hosts.filter(({ host }) => host in endpoints));
    return `${pc.bold(name)}: ${vip} ${formatHolding(holding)}`;
  });
  return [...pairLines, ...hosts.flatMap((host) => hostLines(host, delivered[host.host]))].join("\n");
}

export function formatUnknown({ host, reason }: Unknown): string {
  return `${pc.bold(host)} ${pc.yellow(`is unknown: ${reason}`)}`;
}

function hostLines({ host, report, trouble = "" }: HostStatus, delivered: string | undefined): string[] {
  if (!report) return [formatUnknown({ host, reason: trouble })];
  const { bundle, unfinished, edited, units, node, pool, full, warnings, problems } = report;
  const drift = driftReason(report, delivered);
  const live = bundle.live ? `bundle ${short(bundle.live)} since ${bundle.since}` : pc.red("no bundle yet");
  return [
    `${pc.bold(host)} ${node ? (node.holder ? "holder, " : "backup, ") : ""}${live}`,
    ...(drift ? [pc.red(`  ${drift}${unfinished?.running ? "" : ": npm run up repairs it"}`)] : []),
    ...full.map((limit) => pc.red(`  full: ${limit}`)),
    ...edited.map((path) => pc.yellow(`  edited by hand: /${path}`)),
    ...warnings.map((warning) => pc.yellow(`  warning: ${warning}`)),
    ...problems.map((problem) => pc.yellow(`  unknown: ${problem}`)),
    `  daemons  ${units.map(describeUnit).join(", ")}`,
    ...(node?.haproxy ? [`  haproxy  ${describeConnections(node.haproxy)}`] : []),
    ...(node ? [`  servers  ${describeServers(node)}`] : []),
    ...(pool ? [`  pool     ${describePool(pool)}`] : []),
  ];
}

function describeUnit({ unit, active, restarts }: HostReport["units"][number]): string {
  const name = unit.replace(/\.service$/, "");
  if (!runs(active)) return pc.red(`${name} ${active}`);
  return restarts > 0 ? pc.yellow(`${name} (restarted ${restarts}×)`) : name;
}

/** Sessions that a reload left to older processes are named, as they end only with their clients. */
function describeConnections({ connections, workers }: Haproxy): string {
  const all = `${connections} connections`;
  const old = workers.filter((worker) => worker.old);
  if (old.length === 0) return all;
  const left = old.map(({ pid, connections }) => `${pid}: ${connections ?? "unknown"}`);
  return `${all} in ${workers.length} processes, left by reloads ${left.join(", ")}`;
}

function describeServers({ haproxy, servers }: NonNullable<HostReport["node"]>): string {
  if (!haproxy) return pc.red("haproxy does not answer");
  return servers
    .map(({ name, state, check, sessions }) => {
      const text = `${name} ${state} ${check} ${sessions} sessions`;
      return state === "UP" ? text : pc.red(text);
    })
    .join(", ");
}

function describePool({ postgres, database, poolers }: NonNullable<HostReport["pool"]>): string {
  const ports = (forSessions: boolean) =>
    poolers
      .filter((pooler) => pooler.forSessions === forSessions)
      .map(({ port, reachable }) => (reachable ? `${port}` : pc.red(`${port} refuses`)))
      .join(", ");
  const kept = ports(true);
  return [
    ...(postgres === null ? [] : [postgres ? "PostgreSQL answers" : pc.red("PostgreSQL does not answer")]),
    ...(database ? [describeDatabase(database)] : []),
    ...(poolers.length > 0 ? [`poolers ${ports(false)}${kept && `, for sessions ${kept}`}`] : []),
  ].join(", ");
}

function describeDatabase({ at, problem }: NonNullable<NonNullable<HostReport["pool"]>["database"]>): string {
  return problem === null
    ? `the database ${at} answers`
    : pc.red(`the database ${at} does not answer (${problem})`);
}
