import type { HostReport } from "../../contract/hostStatus.ts";
import type { StackOutputs } from "../../contract/stackOutputs.ts";
import { internetName } from "../../topology/labInternet.ts";
import { results as pc } from "../session/output.ts";
import type { HostStatus } from "./ask.ts";
import { holdingOf } from "./holding.ts";

/** A host that is not on the bundle that its stack delivered to it, or not with all daemons of that bundle. */
export interface Drift {
  readonly host: string;
  /** The end of a sentence that begins with the host's name. */
  readonly reason: string;
}

/** SHA-256 of the bundle that the stack delivered last, by host. */
export function deliveredBundles({
  pairs,
  internet,
}: Pick<StackOutputs, "pairs" | "internet">): Record<string, string> {
  const nodesAndPools = Object.values(pairs).flatMap(({ bundles }) => Object.entries(bundles));
  return Object.fromEntries([...nodesAndPools, ...(internet ? [[internetName, internet.bundle]] : [])]);
}

/**
 * Why a host has drifted: another bundle was applied on it by hand, it was rolled back, such a change was interrupted,
 * or daemons of its bundle were stopped.
 */
export function driftReason(
  { bundle: { live }, unfinished, units }: HostReport,
  delivered: string | undefined,
): string | undefined {
  if (unfinished) {
    const what = unfinished.kind === "rollback" ? "a rollback to" : "an apply of";
    return `${what} ${short(unfinished.to)} ${unfinished.running ? "runs now" : "was interrupted"}`;
  }
  if (delivered !== undefined && live !== delivered)
    return `${live ? short(live) : "no bundle"} is live, not what the stack delivered (${short(delivered)})`;
  const stopped = units.filter(({ active }) => active !== unknown && !runs(active));
  return stopped.map(({ unit, active }) => `${unit} is ${active}`).join(", ") || undefined;
}

/** A unit's state where systemd does not answer. */
const unknown = "unknown";

/** Whether a unit's state, in systemd's words, is one in which it serves. */
export function runs(active: string): boolean {
  return active === "active" || active === "reloading";
}

/** The hosts that have drifted, among those that answer. */
export function driftsOf(
  hosts: readonly HostStatus[],
  delivered: Readonly<Record<string, string>>,
): readonly Drift[] {
  return hosts.flatMap(({ host, report }) => {
    const reason = report && driftReason(report, delivered[host]);
    return reason ? [{ host, reason }] : [];
  });
}

export function formatDrift({ host, reason }: Drift): string {
  return `${pc.bold(host)}: ${pc.red(reason)}: npm run up repairs it`;
}

/** Something that a host does not say. */
export interface Unknown {
  readonly host: string;
  readonly reason: string;
}

/** The hosts that do not answer, or not with their whole status. */
export function unknownsOf(hosts: readonly HostStatus[]): readonly Unknown[] {
  return hosts.flatMap(({ host, report, trouble = "" }) =>
    (report ? whatIsUnknown(report) : [trouble]).map((reason) => ({ host, reason })),
  );
}

function whatIsUnknown({ units, problems }: HostReport): readonly string[] {
  const silent = units.filter(({ active }) => active === unknown);
  return [...problems, ...silent.map(({ unit }) => `systemd does not say whether ${unit} runs`)];
}

/** The beginning of a bundle's SHA-256, enough to tell bundles apart. */
export function short(sha256: string): string {
  return sha256.slice(0, 12);
}

export type Verdict = "good" | "wrong" | "unknown";

/**
 * Whether a stack is as it should be: each virtual address has one holder; every host answers and runs what the stack
 * delivered; daemons, servers and poolers are up, and no limit of connections is reached. It is wrong where a host says
 * so, and unknown where none does but one does not say all. A warning, a file edited by hand and a daemon that was
 * restarted are shown in the status, but do not count.
 */
export function verdictOf(
  outputs: Pick<StackOutputs, "pairs" | "internet">,
  hosts: readonly HostStatus[],
): Verdict {
  const delivered = deliveredBundles(outputs);
  const holdings = Object.values(outputs.pairs).map(({ endpoints }) =>
    holdingOf(hosts.filter(({ host }) => host in endpoints)),
  );
  const wrong =
    holdings.some(({ holders, silent }) => holders.length > 1 || holders.length + silent.length === 0) ||
    hosts.some(({ host, report }) => report && !hostIsGood(report, delivered[host]));
  if (wrong) return "wrong";
  return unknownsOf(hosts).length === 0 ? "good" : "unknown";
}

function poolIsGood({ postgres, database, poolers }: NonNullable<HostReport["pool"]>): boolean {
  return postgres !== false && !database?.problem && poolers.every(({ reachable }) => reachable);
}

/** As far as its report goes. */
function hostIsGood(report: HostReport, delivered: string | undefined): boolean {
  const { full, node, pool } = report;
  return (
    driftReason(report, delivered) === undefined &&
    full.length === 0 &&
    (!node || (node.haproxy !== null && node.servers.every(({ state }) => state === "UP"))) &&
    (!pool || poolIsGood(pool))
  );
}
