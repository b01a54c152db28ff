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

/** What the transaction needs of the machine besides its files; the tests hand in one of their own. */
export interface System {
  /** Where `/` of the host is; something else in tests only. */
  readonly root: string;
  readonly name: string;
  /** Runs a program; a failing one is an answer, not an exception. */
  run(command: string, args: readonly string[], options?: RunOptions): Promise<Ran>;
  /** One statement over TCP, its first column of the first row; rejects when that takes longer than timeoutMs. */
  query(login: SqlLogin, sql: string, timeoutMs: number): Promise<string>;
  /** One command to a Unix socket of haproxy and everything that it answers. */
  ask(socket: string, command: string): Promise<string>;
  /** Whether something accepts TCP connections there. */
  listens(address: string, port: number): Promise<boolean>;
  /** Addresses that are on the host's interfaces now. */
  addresses(): readonly string[];
  now(): Date;
  /** A clock for deadlines: setting the time of day does not move it. */
  monotonicMs(): number;
  pause(ms: number): Promise<void>;
  /** A line for whoever watches. */
  progress(line: string): void;
  /** Called at every point where the program may be killed. */
  reached(point: string): void;
}
