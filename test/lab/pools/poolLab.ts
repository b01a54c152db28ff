import { once } from "node:events";
import { connect } from "node:net";
import pg from "pg";
import { expect } from "vitest";
import type { StackOutputs } from "../../../contract/stackOutputs.ts";
import { exec } from "../../../lab/machine/exec.ts";
import type { Change, PreparedStack } from "../../harness/testStack.ts";

/** The test stack without egress: what these tests change is its pool. */
export const withPool = (pool: Readonly<Record<string, unknown>>, config: Change["config"] = {}): Change => ({
  config,
  lab: { internet: undefined },
  pair: { egress: undefined, pool },
});

/** Machines of the pool, and the ports: few poolers leave the cores to the tests. */
export const db1 = { name: "db1", address: "10.0.1.30" };
export const db2 = { name: "db2", address: "10.0.1.31" };
export const ports = [6432, 6433];
export const session = { port: 5433, ports: [6435], size: 8 };
/** Poolers on each host that has some. */
export const poolersOfHost = ports.length + session.ports.length;
export const nodes = ["haproxy1", "haproxy2"];

export interface PoolLab {
  readonly stack: PreparedStack;
  readonly lab: string;
  outputs(): Promise<StackOutputs>;
  /** The application's connection through the port that is forwarded to this host. */
  url(): Promise<string>;
  /** The same on the port for sessions. */
  sessionUrl(): Promise<string>;
}

export function poolLab(stack: PreparedStack): PoolLab {
  const reached = async (key: "databaseUrl" | "sessionUrl") => {
    const { pairs } = await stack.outputs();
    const url = pairs.pg?.reach?.[key];
    if (url === undefined) throw new Error(`the pair has no ${key}`);
    return url;
  };
  return {
    stack,
    lab: stack.lab,
    outputs: stack.outputs,
    url: () => reached("databaseUrl"),
    sessionUrl: () => reached("sessionUrl"),
  };
}

/** Some open connections, each through a pooler of its own choice. */
export async function connections(url: string, count: number): Promise<readonly pg.Client[]> {
  return Promise.all(
    Array.from({ length: count }, async () => {
      const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
      client.on("error", () => undefined);
      await client.connect();
      return client;
    }),
  );
}

/** Address of the pooler's host as PostgreSQL sees it; null where it is PostgreSQL's own. */
export async function poolerOf(client: pg.Client): Promise<string | null> {
  const { rows } = await client.query<{ address: string | null }>(
    "select host(inet_client_addr()) as address",
  );
  return rows[0]?.address ?? null;
}

/** Waits until haproxy on each node marks so many poolers up. */
export async function poolersUp(lab: string, count: number): Promise<void> {
  for (const node of nodes) {
    const up = async () =>
      (await status(lab, node)).node.servers.filter(({ state }) => state === "UP").length;
    await expect.poll(up, { timeout: 30_000 }).toBe(count);
  }
}

interface Status {
  readonly node: { readonly holder: boolean; readonly servers: { name: string; state: string }[] };
  readonly pool: {
    readonly postgres: boolean | null;
    readonly database: { at: string; problem: string | null } | null;
    readonly poolers: { port: number; reachable: boolean }[];
  } | null;
}

export async function status(lab: string, machine: string): Promise<Status> {
  return JSON.parse((await exec(lab, machine, ["hapair", "status", "--json"])).stdout);
}

/** The node that holds the virtual address. */
export async function holderOf(lab: string): Promise<string> {
  let holder: string | undefined;
  const look = async () => {
    const statuses = await Promise.all(nodes.map((node) => status(lab, node)));
    const holding = nodes.filter((_, index) => statuses[index]?.node.holder);
    holder = holding[0];
    return holding.length;
  };
  await expect.poll(look, { timeout: 20_000 }).toBe(1);
  return holder ?? "";
}

/**
 * A query on each of so many clients, and a cancel request for each, one after the other: while PgBouncer connects to a
 * peer on another machine, it drops a second request for that peer. @returns the errors of the queries
 */
export async function cancelledQueries(url: string, count: number): Promise<readonly string[]> {
  const clients = await connections(url, count);
  try {
    const [watcher, ...sleepers] = clients;
    const queries = sleepers.map((client) => client.query("select pg_sleep(30)").then(String, String));
    const asleep = async () => {
      const running =
        "select count(*)::int as count from pg_stat_activity where query ~ '^select pg_sleep' and state = 'active'";
      return (await watcher?.query<{ count: number }>(running))?.rows[0]?.count;
    };
    await expect.poll(asleep, { timeout: 20_000 }).toBe(sleepers.length);
    for (const client of sleepers) await requestCancel(url, client);
    return await Promise.all(queries);
  } finally {
    await Promise.all(clients.map((client) => client.end()));
  }
}

/**
 * PostgreSQL's CancelRequest: its length, its code, and the key that the server gave the client. It is sent without TLS:
 * PgBouncer takes it so in each mode, as its peers send it. It closes the connection once the request is passed on.
 */
async function requestCancel(url: string, client: pg.Client): Promise<void> {
  const { hostname: host, port } = new URL(url);
  const request = Buffer.alloc(16);
  const { processID, secretKey } = Object(client);
  for (const [index, number] of [16, 80_877_102, processID, secretKey].entries())
    request.writeInt32BE(number, index * 4);
  const socket = connect({ host, port: Number(port), allowHalfOpen: true }, () => socket.write(request));
  await once(socket.resume(), "end", { signal: AbortSignal.timeout(15_000) });
  socket.destroy();
}
