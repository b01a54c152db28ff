import { Socket } from "node:net";
import pg from "pg";
import { messageOf } from "../../../base/failure.ts";
import type { RoutesConfig } from "../../../contract/routesConfig.ts";
import { isLateAnswer, sslOf } from "../../host/network.ts";

export type PostgresLogin = RoutesConfig["database"];

interface Statement {
  readonly text: string;
  readonly values?: readonly unknown[];
  /** With it, the statement is parsed once for a connection. */
  readonly name?: string;
}

/** A connection that is closed as soon as anything goes wrong with it: then another one is opened. */
export interface Connection {
  /**
   * One at a time, in order. Rejects with a pg.DatabaseError where the database refuses the statement, and with another Error
   * where the connection is lost.
   */
  query(statement: Statement): Promise<readonly Record<string, unknown>[]>;
  isOpen(): boolean;
  close(reason: string): void;
}

interface Options {
  /** Shown in `pg_stat_activity`. */
  readonly name: string;
  /** For each statement, ms. */
  readonly answerMs: number;
  readonly settings: Readonly<Record<string, string | number>>;
  /** @param sender process id of the database's that has sent it */
  readonly onNotification?: (payload: string, sender: number) => void;
  /** Once, however it came. */
  readonly onClose?: () => void;
  /** Closes it when it is aborted, also while it is being opened. */
  readonly signal?: AbortSignal;
}

const connectMs = 2000;

/**
 * What every session of ours needs, whatever the database's defaults are: numbers follow the order of commits only where
 * each statement sees what is committed, and a session whose node is gone must not stay for hours.
 */
const commonSettings = {
  default_transaction_isolation: "read\\ committed",
  default_transaction_read_only: "off",
  tcp_keepalives_idle: 10,
  tcp_keepalives_interval: 5,
  tcp_keepalives_count: 3,
  tcp_user_timeout: 20_000,
};

/** Rejects with an Error where the database does not let us in. */
export async function connectTo(login: PostgresLogin, options: Options): Promise<Connection> {
  const { authorityFile, external: _, ...address } = login;
  const { signal } = options;
  signal?.throwIfAborted();
  const socket = new Socket();
  const client = new pg.Client({
    ...address,
    ssl: authorityFile !== undefined && sslOf({ authorityFile, name: login.host }),
    application_name: options.name,
    connectionTimeoutMillis: connectMs,
    query_timeout: options.answerMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: 5000,
    options: Object.entries({ ...commonSettings, ...options.settings })
      .map(([key, value]) => `-c ${key}=${value}`)
      .join(" "),
    // Held here: the client's own end waits for an answer of a machine that may be gone.
    stream: () => socket,
  });

  let closedBecause: string | undefined;
  const close = (reason: string): void => {
    if (closedBecause !== undefined) return;
    closedBecause = reason;
    signal?.removeEventListener("abort", onAbort);
    socket.destroy();
    options.onClose?.();
  };
  const onAbort = () => close(messageOf(signal?.reason));
  signal?.addEventListener("abort", onAbort);
  // Without a listener a connection that breaks would end the daemon.
  client.on("error", (error) => close(error.message));
  client.on("end", () => close("the database has closed the connection"));
  client.on("notification", ({ payload = "", processId }) => options.onNotification?.(payload, processId));
  try {
    await client.connect();
  } catch (error) {
    close(messageOf(error));
    throw error;
  }

  let last: Promise<unknown> = Promise.resolve();
  async function run({ text, values = [], name }: Statement): Promise<readonly Record<string, unknown>[]> {
    if (closedBecause !== undefined) throw new Error(closedBecause);
    try {
      const query = { text, values: [...values], ...(name !== undefined && { name }) };
      return (await client.query<Record<string, unknown>>(query)).rows;
    } catch (error) {
      if (error instanceof pg.DatabaseError) throw error;
      close(isLateAnswer(messageOf(error)) ? `no answer within ${options.answerMs} ms` : messageOf(error));
      throw new Error(closedBecause);
    }
  }
  return {
    query: (statement) => {
      const turn = last.then(() => run(statement));
      last = turn.catch(() => {});
      return turn;
    },
    isOpen: () => closedBecause === undefined,
    close,
  };
}
