import { messageOf } from "../../base/failure.ts";
import type { DatabaseHealth } from "../../contract/health.ts";
import type { SqlLogin } from "../host/system.ts";

const queryMs = 3000;
/** Each question is a login: whoever asks again within this time gets the same answer. */
const freshMs = 1000;

type Query = (login: SqlLogin, sql: string, timeoutMs: number) => Promise<string>;

/** Asks the pool's database through the virtual address, as a client does; never rejects. */
export function databaseHealth(login: SqlLogin, query: Query): () => Promise<DatabaseHealth> {
  let asked: { readonly atMs: number; readonly answer: Promise<DatabaseHealth> } | undefined;

  async function ask(): Promise<DatabaseHealth> {
    const begunAt = performance.now();
    const timestamp = new Date().toISOString();
    try {
      await query(login, "select 1", queryMs);
      const responseTime = Math.round((performance.now() - begunAt) * 10) / 10;
      return { status: "healthy", timestamp, responseTime, problem: null };
    } catch (error) {
      return { status: "unhealthy", timestamp, responseTime: null, problem: messageOf(error) };
    }
  }

  return () => {
    const atMs = performance.now();
    if (asked === undefined || atMs - asked.atMs > freshMs) asked = { atMs, answer: ask() };
    return asked.answer;
  };
}
