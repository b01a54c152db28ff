import { Failure } from "../../base/failure.ts";
import { EgressPage } from "../../contract/egressPage.ts";
import { defaultConfigPath, readEgressConfig } from "../daemon/config.ts";
import { askPage } from "../daemon/http.ts";
import { inWords } from "../egress/report/reporter.ts";
import { badInput, exitStatuses } from "../errors.ts";
import { type Command, options } from "./command.ts";

const answerMs = 2000;

export const egressCommand: Command = {
  name: "egress",
  synopsis: "egress [--json] [--config FILE]",
  about: `Every egress group as the running agent sees it: its proxies' state and cause, latency, haproxy's view of
them, which one is preferred and why, and the last switches.
--json         print what the loop answers at /egress
--config FILE  instead of ${defaultConfigPath}`,
  run,
};

async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = options(args, {
    json: { type: "boolean", default: false },
    config: { type: "string", default: defaultConfigPath },
  });
  if (positionals.length > 0) throw badInput("egress takes no argument: see --help");
  const [where] = readEgressConfig(values.config).listen;
  if (where === undefined) throw badInput(`${values.config} has no address where the agent listens`);
  const page = await askPage(where, "/egress", EgressPage, answerMs).catch(() => {
    throw new Failure(
      `the agent does not answer on ${where.address}:${where.port}: see "systemctl status hapair"`,
    );
  });
  process.stdout.write(values.json ? `${JSON.stringify(page)}\n` : printEgress(page));
  return exitStatuses.ok;
}

type Group = EgressPage["groups"][number];

/** The page as text: who holds the virtual address, then each group's servers and last switches. */
export function printEgress(page: EgressPage): string {
  const lines = [
    `${page.host} ${vipWords(page.vip)}`,
    ...(page.haproxy.answers ? [] : [`  haproxy does not answer: ${page.haproxy.problem ?? ""}`]),
    ...(page.groups.length === 0
      ? ["  no egress group is declared for this pair"]
      : page.groups.flatMap(groupLines)),
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
    ...(group.usable ? [] : ["no proxy works"]),
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
