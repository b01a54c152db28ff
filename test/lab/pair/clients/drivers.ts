import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { execa } from "execa";
import { passFileLine } from "../../../../cli/clients/clientFiles.ts";
import { queryProblem } from "../../../../cli/clients/waitForSql.ts";

/** Where a driver logs in, as whom, and with what. */
export interface Login {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string;
}

/** PostgreSQL drivers, each with the answer to a login: `in`, or why not. */
export interface Drivers {
  readonly logIn: Readonly<Record<"psql" | "pg" | "psycopg", (login: Login) => Promise<string>>>;
  close(): void;
}

const limitMs = 10_000;

/** Reads psycopg's parameters of connections from standard input. */
export const psycopgProgram = join(import.meta.dirname, "psycopgLogins.py");

export function openDrivers(): Drivers {
  const folder = mkdtempSync(join(tmpdir(), "hapair-drivers-"));
  const psycopg = openPsycopg();
  return {
    logIn: { psql: (login) => psql(login, join(folder, "pgpass")), pg: nodePostgres, psycopg: psycopg.logIn },
    close: () => {
      psycopg.close();
      rmSync(folder, { recursive: true });
    },
  };
}

async function psql({ host, port, database, user, password }: Login, passFile: string): Promise<string> {
  writeFileSync(passFile, passFileLine(host, String(port), database, user, password), { mode: 0o600 });
  const where = ["-h", host, "-p", String(port), "-U", user, "-d", database];
  const options = { env: { PGPASSFILE: passFile }, timeout: limitMs, reject: false } as const;
  const { exitCode, stderr } = await execa("psql", ["-XAtwq", ...where, "-c", "select 1"], options);
  return exitCode === 0 ? "in" : stderr;
}

async function nodePostgres(login: Login): Promise<string> {
  return (await queryProblem(login, limitMs)) ?? "in";
}

/** One process for all logins: Python's start takes longer than a login. */
function openPsycopg() {
  // Debian's own Python: psycopg is a package of the distribution.
  const child = spawn("/usr/bin/python3", [psycopgProgram], { stdio: ["pipe", "pipe", "inherit"] });
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    logIn: async ({ database, ...login }: Login): Promise<string> => {
      child.stdin.write(`${JSON.stringify({ ...login, dbname: database })}\n`);
      const { value, done } = await answers.next();
      if (done) throw new Error("psycopg's process has ended");
      return value;
    },
    close: () => child.stdin.end(),
  };
}
