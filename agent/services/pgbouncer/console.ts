import type { System } from "../../host/system.ts";
import { asPostgres } from "../postgresql.ts";

/** What a person may send to PgBouncer's admin console, by the word on the command line. */
export const consoleCommands = {
  reconnect: "RECONNECT",
  pause: "PAUSE",
  resume: "RESUME",
  show: "SHOW POOLS",
} as const;

export type ConsoleCommand = keyof typeof consoleCommands;

export function isConsoleCommand(word: string): word is ConsoleCommand {
  return Object.hasOwn(consoleCommands, word);
}

/** A pause waits for running transactions. */
const answerMs = 60_000;

/** Rows of an answer, each by its column. */
export type Rows = readonly Readonly<Record<string, string>>[];

/**
 * Sends a command to the console of one pooler, over its Unix socket: PgBouncer lets its own system user in there.
 * Rejects with PgBouncer's own words.
 */
export async function askConsole(host: System, port: number, command: ConsoleCommand): Promise<Rows> {
  const where = ["-h", "/run/postgresql", "-p", String(port), "-U", "pgbouncer", "-d", "pgbouncer"];
  const argv = ["psql", "-X", "--csv", ...where, "-c", consoleCommands[command]];
  const { status, stdout, stderr } = await asPostgres(host, argv, { timeoutMs: answerMs });
  if (status !== 0) throw new Error(stderr.trim());
  return command === "show" ? rowsOf(stdout) : [];
}

/** Names in this table have neither commas nor quotes. */
function rowsOf(csv: string): Rows {
  const [columns = [], ...rows] = csv
    .trim()
    .split("\n")
    .map((line) => line.split(","));
  return rows.map((row) => Object.fromEntries(columns.map((column, index) => [column, row[index] ?? ""])));
}
