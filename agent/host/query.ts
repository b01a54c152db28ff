import pg from "pg";
import type { SqlLogin } from "./system.ts";

/** Runs one statement through a new connection, as a client would. */
export async function query(login: SqlLogin, sql: string, timeoutMs: number): Promise<string> {
  const client = new pg.Client({
    ...login,
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
