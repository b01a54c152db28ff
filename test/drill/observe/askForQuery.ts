import { Socket } from "node:net";
import pg from "pg";
import type { ProbePlan } from "./probePlan.ts";

/** One new connection, a login, `select 1`. @returns `ok` or what went wrong, in one word */
export function askForQuery({
  databaseUrl,
  deadlineMs,
}: Extract<ProbePlan, { ask: "query" }>): () => Promise<string> {
  return async () => {
    const socket = new Socket();
    const client = new pg.Client({ connectionString: databaseUrl, stream: () => socket });
    client.on("error", () => undefined);
    let expired = false;
    // Nothing in the library bounds a query that waits for its turn in a pooler.
    const deadline = setTimeout(() => {
      expired = true;
      socket.destroy(new Error("timeout"));
    }, deadlineMs);
    try {
      await client.connect();
      await client.query("select 1");
      return "ok";
    } catch (error) {
      return expired ? "timeout" : codeOf(error);
    } finally {
      clearTimeout(deadline);
      socket.destroy();
    }
  };
}

/** `ECONNRESET`, an SQLSTATE, or `closed` where the connection just ended. */
function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "closed";
}
