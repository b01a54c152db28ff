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

/** What a command's status is where it took too long (`run` in host/run.ts). */
const lateStatus = 124;
const stillInUse = `holds new transactions back, but some have not ended within ${answerMs / 1000} s, or in session mode some clients have not left: end them, or take the pause back with \`hapair pool resume\``;

/** Rows of an answer, each by its column. */
export type Rows = readonly Readonly<Record<string, string>>[];

/**
 * Sends a command to the console of one pooler, over its Unix socket: PgBouncer lets its own system user in there.
 * Rejects with PgBouncer's own words.
 */
export async function askConsole(host: System, port: number, command: ConsoleCommand): Promise<Rows> {
  const answer = await inConsole(host, port, [consoleCommands[command]], {
    timeoutMs: answerMs,
    ...(command === "pause" && { late: stillInUse }),
  });
  return command === "show" ? rowsOf(answer) : [];
}

/**
 * Runs statements in one session of a pooler's console: the tables as CSV, one after another. Rejects as `askConsole`
 * does, or with `late` where the time is over.
 */
export async function inConsole(
  host: System,
  port: number,
  statements: readonly string[],
  { timeoutMs, late }: { readonly timeoutMs: number; readonly late?: string },
): Promise<string> {
  const where = ["-h", "/run/postgresql", "-p", String(port), "-U", "pgbouncer", "-d", "pgbouncer"];
  const argv = ["psql", "-X", "--csv", ...where, ...statements.flatMap((statement) => ["-c", statement])];
  const { status, stdout, stderr } = await asPostgres(host, argv, { timeoutMs });
  if (status === lateStatus && late !== undefined) throw new Error(late);
  if (status !== 0) throw new Error(stderr.trim());
  return stdout;
}

/** The rows of `SHOW POOLS`. */
export function rowsOf(csv: string): Rows {
  const [columns = [], ...rows] = csv.trim().split("\n").map(fieldsOf);
  return rows.map((row) => Object.fromEntries(columns.map((column, index) => [column, row[index] ?? ""])));
}

/** The fields of a line of CSV (RFC 4180): names of databases and roles may have commas and quotes. */
function fieldsOf(line: string): readonly string[] {
  return [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
    ([, quoted, plain = ""]) => quoted?.replaceAll('""', '"') ?? plain,
  );
}
