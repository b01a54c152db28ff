import type { EgressPage } from "../egress/page/egressPage.ts";
import { whyWords } from "../egress/report/sentence.ts";

type Group = EgressPage["groups"][number];
type Server = Group["servers"][number];

/** The loop's page as text: a table of each group's servers, and its last switches. */
export function printEgress(page: EgressPage): string {
  const lines = [
    `${page.host}${page.vip.givenUp ? `, has given up ${page.vip.address}` : ""}`,
    ...(page.haproxy.answers ? [] : [`  haproxy does not answer: ${page.haproxy.problem ?? ""}`]),
    ...page.groups.flatMap(groupLines),
  ];
  return `${lines.join("\n")}\n`;
}

function groupLines(group: Group): string[] {
  const words = [
    `port ${group.port}`,
    ...(group.essential ? ["essential"] : []),
    ...(group.usable ? [] : ["nothing works"]),
  ];
  const head = ["server", "port", "state", "latency", "haproxy", "preferred"];
  const rows = group.servers.map((server) => [
    server.name,
    String(server.port),
    `${server.state ?? "not measured"}${server.cause === null ? "" : ` (${server.cause})`}`,
    server.latencyMs === null ? "-" : `${Math.round(server.latencyMs)} ms`,
    server.haproxy ?? "-",
    choiceOf(group, server),
  ]);
  return [
    "",
    `${group.name}: ${words.join(", ")}`,
    ...table([head, ...rows]),
    ...group.switches.map(
      ({ at, from, to, why }) =>
        `  ${at.replace("T", " ").slice(0, 19)} UTC  ${from ?? "nothing"} → ${to}: ${inWords(why)}`,
    ),
  ];
}

function choiceOf({ switches, preferred }: Group, server: Server): string {
  if (server.preferred) {
    const last = switches.find(({ to }) => to === preferred);
    return last ? `yes: ${inWords(last.why)}` : "yes";
  }
  if (server.held !== null) return `held back: ${server.held}`;
  return server.lastResort ? "last resort" : "";
}

function inWords(why: string): string {
  return Object.hasOwn(whyWords, why) ? whyWords[why as keyof typeof whyWords] : why;
}

function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")}`.trimEnd(),
  );
}
