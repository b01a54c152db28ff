import { results as pc } from "../cli/session/output.ts";
import type { Drained } from "./measure/drained.ts";
import type { DrillResult } from "./measure/judge.ts";
import type { TunnelResult } from "./measure/tunnels.ts";

/** A small table, the counts, and the judgement. */
export function formatResult(result: DrillResult): string {
  const {
    outageMs,
    twoHoldersMs,
    noHolderMs,
    oneHolderAfterMs,
    releasedMs,
    endedMs,
    sqlOutageMs,
    longestGapMs,
    slowestAnswerMs,
    failures,
  } = result;
  const rows: readonly (readonly [string, number, number | undefined, number])[] = [
    ["outage", outageMs.median, outageMs.p95, outageMs.max],
    ["two holders", twoHoldersMs.median, undefined, twoHoldersMs.max],
    ["no holder", noHolderMs.median, undefined, noHolderMs.max],
    ...(oneHolderAfterMs
      ? [["one holder again", oneHolderAfterMs.median, undefined, oneHolderAfterMs.max] as const]
      : []),
    ...(releasedMs ? [["row lock released", releasedMs.median, undefined, releasedMs.max] as const] : []),
    ...(endedMs ? [["sessions ended", endedMs.median, undefined, endedMs.max] as const] : []),
    ...(sqlOutageMs ? [["outage of SQL", sqlOutageMs.median, undefined, sqlOutageMs.max] as const] : []),
    ["longest pause of probes", longestGapMs.median, longestGapMs.p95, longestGapMs.max],
    ["slowest answer", slowestAnswerMs.median, undefined, slowestAnswerMs.max],
  ];
  const causes = Object.entries(failures).map(([cause, count]) => `${cause} ${count}`);
  return [
    pc.bold(`${result.kind}, ${count(result.rounds, "round")}`),
    line("ms", "median", "p95", "max"),
    ...rows.map(([name, ...cells]) => line(name, ...cells.map((cell) => cell?.toFixed(1) ?? ""))),
    ...(result.parted
      ? ["two holders: until the repair the nodes do not hear each other, and neither can know of the other"]
      : []),
    `failed connections: ${result.failed}${causes.length > 0 ? ` (${causes.join(", ")})` : ""}`,
    ...(result.lateClients === undefined
      ? []
      : [`clients not served at once after the repair: ${result.lateClients}`]),
    ...(result.stranded === undefined ? [] : [`sessions stranded: ${result.stranded}`]),
    ...(result.drained ? [drainedLine(result.drained)] : []),
    ...(result.tunnels ? [tunnelLine(result.tunnels)] : []),
    ...(result.switches === undefined ? [] : [`switches of preference: ${result.switches}`]),
    ...(result.lostChanges === undefined ? [] : [`acknowledged changes lost: ${result.lostChanges}`]),
    ...(result.owners === undefined ? [] : [`owners of the address at the end, by AWS: ${result.owners}`]),
    judgement(result),
  ].join("\n");
}

function drainedLine({ held, leaving, broken, misled }: Drained): string {
  return `sessions: ${held} held, ${leaving} on the node that left; ${broken} broken before their time, ${misled} new ones sent there`;
}

function tunnelLine({ opened, ended, lost }: TunnelResult): string {
  return `long connections: ${opened} held, ${ended} ended with what failed, ${lost} lost elsewhere`;
}

/** What was missed is on stderr already. */
function judgement({ ok, outageMs, budgetMs }: DrillResult): string {
  return ok
    ? pc.green(
        `Within budget: 95 % of the outages last ${outageMs.p95} ms or less, the budget is ${budgetMs} ms.`,
      )
    : pc.red("Budget missed.");
}

export function line(name: string, ...cells: readonly string[]): string {
  return `  ${name.padEnd(24)}${cells.map((cell) => cell.padStart(9)).join("")}`;
}

export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

/**
 * The answer of `drill --json`, one object: eight keys that stay as they are, or with `details` everything that was
 * measured. JSON has no infinity: a time that has no end is `"never"`.
 */
export function formatJson(result: DrillResult, details: boolean): string {
  return jsonOf(details ? result : summaryOf(result));
}

/** One line of JSON, with `"never"` for a time that has no end. */
export function jsonOf(result: object): string {
  return JSON.stringify(result, (_, value) => (value === Number.POSITIVE_INFINITY ? "never" : value));
}

function summaryOf(result: DrillResult) {
  const { kind, rounds, outageMs, twoHoldersMs, noHolderMs, failed, budgetMs, ok } = result;
  return { kind, rounds, outageMs, twoHoldersMs, noHolderMs, failed, budgetMs, ok };
}
