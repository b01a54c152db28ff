import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { networkInterfaces } from "node:os";
import { checkServerIdentity } from "node:tls";
import pg from "pg";
import { messageOf } from "../../base/failure.ts";
import { type SqlLogin, type System, until } from "./system.ts";

/** Addresses that are on this machine's interfaces now. */
export function addresses(): readonly string[] {
  return Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map((one) => one.address));
}

/** Whether a TCP connection is accepted within a second. */
export function listens(address: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const client = connect({ host: address, port });
    const answer = (yes: boolean): void => {
      client.destroy();
      resolve(yes);
    };
    client.setTimeout(1000, () => answer(false));
    client.on("connect", () => answer(true));
    client.on("error", () => answer(false));
  });
}

/** Whether anything accepts connections on this port, on any address of this host. */
export async function reachable(host: System, port: number): Promise<boolean> {
  const all = await Promise.all(host.addresses().map((address) => host.listens(address, port)));
  return all.includes(true);
}

/** One try of a proof's query. */
const tryMs = 3000;

/**
 * Why the simplest query does not get through within `deadlineMs`, of several tries the last; undefined where it does.
 * @param isWaiting whether a query that ended with this reason has only waited, for a connection that others have
 */
export function queryProblem(
  host: System,
  login: SqlLogin,
  deadlineMs: number,
  isWaiting: (reason: string) => boolean | Promise<boolean> = () => false,
): Promise<string | undefined> {
  return until(host, deadlineMs, async (leftMs) => {
    try {
      await host.query(login, "select 1", Math.min(leftMs, tryMs));
      return undefined;
    } catch (error) {
      const reason = messageOf(error);
      return (await isWaiting(reason)) ? undefined : reason;
    }
  });
}

/** Whether a client has been let in, and its query has had no answer in time (node-postgres, `query_timeout`). */
export function isLateAnswer(reason: string): boolean {
  return reason === "Query read timeout";
}

/** Runs one statement through a new connection, as a client would. */
export async function query(login: SqlLogin, sql: string, timeoutMs: number): Promise<string> {
  const { tls, ...address } = login;
  const client = new pg.Client({
    ...address,
    ssl: tls && sslOf(tls),
    application_name: "hapair",
    connectionTimeoutMillis: timeoutMs,
    query_timeout: timeoutMs,
  });
  // Without a listener a connection that breaks later would end the program.
  client.on("error", () => {});
  try {
    await client.connect();
    const answer = await client.query<unknown[]>({ text: sql, rowMode: "array" });
    return String(answer.rows[0]?.[0] ?? "");
  } finally {
    await client.end().catch(() => {});
  }
}

/** The certificate is for the host that clients use, which may be another one than this connection goes to. */
export function sslOf({ authorityFile, name }: NonNullable<SqlLogin["tls"]>): pg.ClientConfig["ssl"] {
  if (authorityFile === undefined) return { rejectUnauthorized: false };
  return {
    ca: readFileSync(authorityFile, "utf8"),
    checkServerIdentity: (_, certificate) => checkServerIdentity(name, certificate),
  };
}
