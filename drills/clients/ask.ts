import { Agent, request } from "node:https";
import { connect, Socket } from "node:net";
import pg from "pg";
import type { ProbePlan } from "./plans.ts";
import { askExit, openTunnel, wordOf } from "./throughProxy.ts";

/** PostgreSQL's SSLRequest: a server answers it with one byte, before a login. */
const sslRequest = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);

/** One new connection, one request, one byte of answer. Resolves with `ok`, or what went wrong in one word. */
export function askForAnswer({
  host,
  port,
  deadlineMs,
}: Extract<ProbePlan, { ask: "answer" }>): () => Promise<string> {
  return () =>
    new Promise((resolve) => {
      const socket = connect({ host, port, noDelay: true });
      const settle = (outcome: string) => {
        clearTimeout(deadline);
        resolve(outcome);
        socket.destroy();
      };
      const deadline = setTimeout(() => settle("timeout"), deadlineMs);
      socket.once("connect", () => socket.write(sslRequest));
      socket.once("data", () => settle("ok"));
      socket.once("end", () => settle("closed"));
      socket.on("error", (error: NodeJS.ErrnoException) => settle(error.code ?? error.message));
    });
}

/** One new connection, a login, `select 1`. Resolves with `ok`, or what went wrong in one word. */
export function askForQuery({
  databaseUrl,
  deadlineMs,
}: Extract<ProbePlan, { ask: "query" }>): () => Promise<string> {
  return async () => {
    const socket = new Socket();
    const client = new pg.Client({ connectionString: databaseUrl, stream: () => socket });
    client.on("error", () => undefined);
    let expired = false;
    // The library has no limit for a query that waits in a pooler's queue.
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

/** `ECONNRESET`, an SQLSTATE, or `closed` where the connection ended without an error. */
function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "closed";
}

/** One new connection, a tunnel, a request. Resolves with `ok` and the exit that served it, or what went wrong in one word. */
export function askForEgress(plan: Extract<ProbePlan, { ask: "egress" }>): () => Promise<string> {
  return async () => {
    const socket = connect({ ...plan.proxy, noDelay: true });
    socket.on("error", () => undefined);
    let expired = false;
    const deadline = setTimeout(() => {
      expired = true;
      socket.destroy(new Error("timeout"));
    }, plan.deadlineMs);
    try {
      await openTunnel(socket, plan);
      return `ok ${await askExit(socket, plan)}`;
    } catch (error) {
      return expired ? "timeout" : wordOf(error);
    } finally {
      clearTimeout(deadline);
      socket.destroy();
    }
  };
}

/** One request by HTTPS. Resolves with `ok` for the target's answer, or with the status, or what went wrong in one word. */
export function askForRoute({
  url,
  host,
  ca,
  keeps,
  deadlineMs,
}: Extract<ProbePlan, { ask: "route" }>): () => Promise<string> {
  // A new client knows no earlier session.
  const agent = new Agent({ ca, keepAlive: keeps, maxCachedSessions: 0 });
  return () =>
    new Promise((resolve) => {
      const signal = AbortSignal.timeout(deadlineMs);
      const fail = (error: Error) => resolve(signal.aborted ? "timeout" : wordOf(error));
      const options = { agent, headers: { host }, servername: host, signal };
      const sent = request(url, options, (response) => {
        response.on("error", fail).on("end", () => {
          resolve(response.statusCode === 200 ? "ok" : String(response.statusCode));
        });
        response.resume();
      });
      sent.on("error", fail).end();
    });
}
