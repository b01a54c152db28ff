import { messageOf } from "../../base/failure.ts";
import { badInput, exitStatuses } from "../errors.ts";
import type { System } from "../host/system.ts";
import {
  askConsole,
  type ConsoleCommand,
  consoleCommands,
  isConsoleCommand,
  type Rows,
} from "../services/pgbouncer/console.ts";
import { currentSha, layoutOf } from "../store/layout.ts";
import { liveBundle } from "../store/stage.ts";
import { type Command, options } from "./command.ts";
import { thisHost } from "./thisHost.ts";

const words = Object.keys(consoleCommands).join("|");

export const poolCommand: Command = {
  name: "pool",
  synopsis: `pool ${words} [--json]`,
  about: `Sends one command to every pooler of this host.
reconnect  replaces each server connection once it is free: after a migration, statements that were
           prepared under the old schema fail until then
           and, in session mode, until their clients reconnect
pause      waits for running transactions, in session mode for the clients to leave, and holds further
           ones back; resume lets them go on
show       clients and server connections of each pooler
--json     print one object for each pooler: {port, rows} or {port, problem}`,
  run,
};

/** What one pooler answered. */
interface Answered {
  readonly port: number;
  readonly rows?: Rows;
  readonly problem?: string;
}

async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = options(args, { json: { type: "boolean", default: false } });
  const [word = "", ...more] = positionals;
  if (!isConsoleCommand(word) || more.length > 0) throw badInput(`pool takes one of ${words}: see --help`);
  const host = thisHost();
  return tellPoolers(host, portsOf(host), word, values.json);
}

/** Sends a command to the poolers on these ports, and prints their answers. @returns the exit status */
export async function tellPoolers(
  host: System,
  ports: readonly number[],
  word: ConsoleCommand,
  json: boolean,
): Promise<number> {
  const answers = await Promise.all(ports.map((port) => answerOf(host, port, word)));
  for (const answered of answers)
    process.stdout.write(`${json ? JSON.stringify(answered) : inWords(answered, word)}\n`);
  return answers.some(({ problem }) => problem) ? exitStatuses.failed : exitStatuses.ok;
}

function portsOf(host: System): readonly number[] {
  const layout = layoutOf(host.root);
  const pool = liveBundle(layout, currentSha(layout), host.name)?.config?.pool;
  if (!pool?.poolers.length)
    throw badInput(
      "this host has no poolers: run it on a machine of the pool, or on a node if the poolers run there",
    );
  return pool.poolers.map(({ port }) => port);
}

async function answerOf(host: System, port: number, command: ConsoleCommand): Promise<Answered> {
  try {
    return { port, rows: await askConsole(host, port, command) };
  } catch (error) {
    return { port, problem: messageOf(error) };
  }
}

function inWords({ port, rows = [], problem }: Answered, command: ConsoleCommand): string {
  if (problem !== undefined) return `${port}  ${problem}`;
  if (command !== "show") return `${port}  ${command}: done`;
  return rows
    .filter(({ database }) => database !== "pgbouncer")
    .map(
      (row) =>
        `${port}  ${row.database}/${row.user}: ${row.cl_active} clients active, ${row.cl_waiting} waiting; servers ${row.sv_active} active, ${row.sv_idle} idle${row.pool_mode ? `; ${row.pool_mode} mode` : ""}`,
    )
    .join("\n");
}
