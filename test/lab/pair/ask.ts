import pg from "pg";

/** One query over a new connection, its first column of the first row. Rejects after ten seconds. */
export async function ask(connectionString: string, query: string): Promise<unknown> {
  const limitMs = 10_000;
  const client = new pg.Client({
    connectionString,
    connectionTimeoutMillis: limitMs,
    query_timeout: limitMs,
  });
  client.on("error", () => undefined);
  await client.connect();
  try {
    const { rows } = await client.query<unknown[]>({ text: query, rowMode: "array" });
    return rows[0]?.[0];
  } finally {
    await client.end();
  }
}
