import pg from "pg";
import { expect } from "vitest";
import { startProber } from "../../../drills/clients/prober.ts";
import type { LabPair } from "./labPair.ts";

/** Runs one query over a new connection; resolves to the first column of the first row, rejects after ten seconds. */
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

/** A client that has logged in and stays. */
export async function connected(connectionString: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: 10_000 });
  await client.connect();
  return client;
}

/** Failures of a client that logs in and runs a query through the virtual address twenty times a second. */
export async function failuresMeanwhile(
  { lab, databaseUrl }: Pick<LabPair, "lab" | "databaseUrl">,
  work: () => Promise<void>,
): Promise<readonly string[]> {
  const prober = startProber(lab, { ask: "query", databaseUrl, intervalMs: 50, deadlineMs: 20_000 });
  const answered = (count: number) =>
    expect.poll(() => prober.probes.length, { timeout: 20_000 }).toBeGreaterThanOrEqual(count);
  try {
    await answered(1);
    await work();
    await answered(prober.probes.length + 1);
  } finally {
    await prober.stop();
  }
  return prober.probes.flatMap(({ failure }) => (failure === undefined ? [] : [failure]));
}
