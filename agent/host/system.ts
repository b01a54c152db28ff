import { waitWhile } from "../../base/waitFor.ts";
import type { AgentConfig } from "../../contract/agentConfig.ts";

export type SqlLogin = NonNullable<NonNullable<AgentConfig["node"]>["pool"]>["proof"];

export interface RunOptions {
  readonly input?: string;
  /** The command is killed after this long and counts as failed; default 30 s. */
  readonly timeoutMs?: number;
}

export interface Ran {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What a transaction needs of the machine besides its files; tests supply their own. */
export interface System {
  /** Where `/` of the host is; something else in tests only. */
  readonly root: string;
  readonly name: string;
  /** Runs a program; a failure is a result, not an exception. */
  run(command: string, args: readonly string[], options?: RunOptions): Promise<Ran>;
  /** Runs one statement over TCP; resolves to the first column of the first row, rejects after timeoutMs. */
  query(login: SqlLogin, sql: string, timeoutMs: number): Promise<string>;
  /** Sends one command to a Unix socket of haproxy; resolves to the whole answer. A reload takes up to the default. */
  ask(socket: string, command: string, timeoutMs?: number): Promise<string>;
  /** Whether something accepts TCP connections there. */
  listens(address: string, port: number): Promise<boolean>;
  /** Addresses that are on the host's interfaces now. */
  addresses(): readonly string[];
  now(): Date;
  /** A clock for deadlines, unaffected by changes of the time of day. */
  monotonicMs(): number;
  pause(ms: number): Promise<void>;
  /** Reports progress, one line. */
  progress(line: string): void;
  /** Called at every point where the program may be killed. */
  reached(point: string): void;
}

/** The last problem; undefined where it is gone within `deadlineMs`. Each call of `problem` gets the ms left. */
export function until(
  host: System,
  deadlineMs: number,
  problem: (leftMs: number) => Promise<string | undefined>,
): Promise<string | undefined> {
  return waitWhile(deadlineMs, problem, { everyMs: 25, slowestMs: 500, clock: host });
}
