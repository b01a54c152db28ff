import type { EgressPage } from "../egress/page/egressPage.ts";
import { inWords } from "../egress/report/sentence.ts";

type Group = EgressPage["groups"][number];

/** The loop's page as text: who has the virtual address, a table of each group's servers, and its last switches. */
export function printEgress(page: EgressPage): string {
  const lines = [
    `${page.host} ${vipWords(page.vip)}`,
    ...(page.haproxy.answers ? [] : [`  haproxy does not answer: ${page.haproxy.problem ?? ""}`]),
    ...page.groups.flatMap(groupLines),
  ];
  return `${lines.join("\n")}\n`;
}

function vipWords({ address, holder, givenUp }: EgressPage["vip"]): string {
  return `${holder ? "holds" : "does not hold"} ${address}${givenUp ? ", has given it up" : ""}`;
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
    server.why,
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

function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")}`.trimEnd(),
  );
}
