import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { haproxy } from "../../../../../agent/services/haproxy.ts";
import { poolComplaint } from "../../../../../agent/services/pgbouncer/externalPool.ts";
import { pgbouncer } from "../../../../../agent/services/pgbouncer.ts";
import type { AgentConfig } from "../../../../../contract/agentConfig.ts";
import { ScratchHost } from "../../apply/scratchHost.ts";

const caPath = "etc/pgbouncer/database-ca.pem";
const password = "the role's password";
const proof = { host: "10.0.1.20", user: "shop", password, database: "orders" };
const database = {
  host: "db.example.com",
  port: 5433,
  proof,
  external: { tls: { authorityFile: `/${caPath}`, name: "db.example.com" } },
} as const;
const config: AgentConfig = {
  host: "haproxy1",
  pool: { poolers: [{ unit: "pgbouncer@6432.service", port: 6432 }], database },
};
const ca = { path: caPath, mode: "0644", owner: "root", group: "root", text: "an authority\n" };

let host: ScratchHost;
beforeEach(() => {
  host = new ScratchHost();
});
afterEach(() => host.remove());

const complaint = (live?: AgentConfig, text = ca.text) =>
  poolComplaint({ host, folder: "/staged", files: [{ ...ca, text }], config, live });

const failing = (code: string, message: string) =>
  vi.fn(async () => {
    throw Object.assign(new Error(message), { code });
  });

const refuses = "refuses the role shop";
const untrusted = "shows a certificate that the poolers do not accept";

test.each([
  ["28P01", 'password authentication failed for user "shop"', refuses, "correct pool.database.user"],
  [
    "28000",
    'no pg_hba.conf entry for host "10.0.1.20", user "shop", database "orders", no encryption',
    refuses,
    "set pool.database.external.tls to verify-full or require",
  ],
  [
    "28000",
    'no pg_hba.conf entry for host "10.0.1.20", user "shop", database "orders", SSL encryption',
    refuses,
    "let the role and the poolers' hosts in by its pg_hba.conf",
  ],
  ["53300", 'too many connections for role "shop"', refuses, "let it have more connections"],
  ["3D000", 'database "orders" does not exist', refuses, "correct pool.database.name"],
  [
    "",
    "The server does not support SSL connections",
    "does not encrypt",
    "set pool.database.external.tls to off",
  ],
  [
    "SELF_SIGNED_CERT_IN_CHAIN",
    "self-signed certificate in certificate chain",
    untrusted,
    "set pool.database.external.ca",
  ],
  ["CERT_HAS_EXPIRED", "certificate has expired", untrusted, "renew the database's certificate"],
  ["CERT_NOT_YET_VALID", "certificate is not yet valid", untrusted, "renew the database's certificate"],
  [
    "ERR_TLS_CERT_ALTNAME_INVALID",
    "Hostname/IP does not match",
    untrusted,
    "set pool.database.external.address to a name",
  ],
  ["ECONNREFUSED", "connect ECONNREFUSED 10.0.1.50:5433", "does not answer", "correct its address and port"],
  ["", "timeout expired", "does not answer", "correct its address and port"],
  ["XX000", "out of order", "does not let the role shop in", "correct its address, port and tls"],
])(
  "a database that lets nobody in is quoted, with the remedy (%s %s)",
  async (code, message, found, remedy) => {
    host.query = failing(code, message);
    const words = await complaint();
    expect(words).toContain(`pool.database.external: db.example.com:5433 ${found}: ${message}: ${remedy}`);
    expect(words).not.toContain(password);
  },
);

test("the login is tried when a roll-out stages a bundle, and not when one is applied, as on the way back", async () => {
  const query = failing("ECONNREFUSED", "connect ECONNREFUSED");
  host.query = query;
  const ini = { ...ca, path: "etc/pgbouncer/6432.ini", text: "listen_port = 6432\n" };
  const judged = (staging: boolean) =>
    pgbouncer.complaint?.({ host, folder: "/staged", files: [ini], config, live: undefined, staging });
  expect(await judged(false)).toBeUndefined();
  expect(query).not.toHaveBeenCalled();
  expect(await judged(true)).toContain("does not answer");
});

test("the login goes to the database itself, by the staged authority", async () => {
  const query = vi.fn(async () => "1");
  host.query = query;
  expect(await complaint()).toBeUndefined();
  expect(query).toHaveBeenCalledWith(
    {
      ...{ user: "shop", password, database: "orders", host: "db.example.com", port: 5433 },
      tls: { authorityFile: `/staged/${caPath}`, name: "db.example.com" },
    },
    "select 1",
    5000,
  );
});

test("a login that is live already is not tried, and one with another authority is", async () => {
  const query = failing("ECONNREFUSED", "connect ECONNREFUSED");
  host.query = query;
  mkdirSync(join(host.root, "etc/pgbouncer"), { recursive: true });
  writeFileSync(join(host.root, caPath), ca.text);
  expect(await complaint(config)).toBeUndefined();
  expect(query).not.toHaveBeenCalled();
  expect(await complaint(config, "another authority\n")).toContain("ECONNREFUSED");
});

test("the data path of poolers with a database elsewhere is a query through each of them", async () => {
  const query = vi.fn(async () => "1");
  host.query = query;
  expect(await pgbouncer.dataPath?.(host, config, 1000)).toBe("answers");
  expect(query).toHaveBeenCalledWith({ ...proof, port: 6432 }, "select 1", expect.any(Number));
  host.query = failing("08P01", "server login has been failing");
  expect(await pgbouncer.dataPath?.(host, config, 1000)).toEqual({
    through: "pgbouncer@6432.service to the database db.example.com:5433",
    fails: "server login has been failing",
    port: "main",
  });
  const { database: _, ...local } = config.pool ?? { poolers: [] };
  expect(await pgbouncer.dataPath?.(host, { ...config, pool: local }, 1000)).toBe("not asked");
});

test("a pooler for sessions that lets no query through counts less than one of the main port", async () => {
  const forSessions = { unit: "pgbouncer@6435.service", port: 6435, forSessions: true } as const;
  const poolers = [forSessions, ...(config.pool?.poolers ?? [])];
  const both: AgentConfig = { ...config, pool: { poolers, database } };
  const failingOn = (ports: readonly number[]) => {
    host.query = async (login) => {
      if (ports.includes(login?.port ?? 0)) throw new Error("connection refused");
      return "1";
    };
  };
  failingOn([6435]);
  expect(await pgbouncer.dataPath?.(host, both, 1000)).toMatchObject({
    through: expect.stringContaining("pgbouncer@6435.service"),
    port: "sessions",
  });
  failingOn([6432, 6435]);
  expect(await pgbouncer.dataPath?.(host, both, 1000)).toMatchObject({
    through: expect.stringContaining("pgbouncer@6432.service"),
    port: "main",
  });
});

describe("a proof whose query waits", () => {
  const late = failing("", "Query read timeout");
  const pool = "database,user,cl_active,cl_waiting,sv_active,maxwait";
  const settings = "key,value,default,changeable\ndefault_pool_size,20,20,yes";
  /** What the poolers' consoles say of a pool with so many server connections in use. */
  const inUse = (active: number, row = `orders,shop,20,0,${active},0`) => {
    host.answer = (line) =>
      line.includes("SHOW POOLS") ? { status: 0, stdout: [settings, pool, row, ""].join("\n") } : undefined;
  };

  test("passes where the application has all server connections of the pooler", async () => {
    host.query = late;
    inUse(20);
    expect(await pgbouncer.dataPath?.(host, config, 1000)).toBe("answers");
    inUse(19);
    expect(await pgbouncer.dataPath?.(host, config, 1000)).toMatchObject({ fails: "Query read timeout" });
    inUse(20, "orders,another,20,0,20,0");
    expect(await pgbouncer.dataPath?.(host, config, 1000)).toMatchObject({ fails: "Query read timeout" });
  });

  test("fails for another reason, however full the pooler is, and where the proof's role has a pool of its own", async () => {
    inUse(20);
    host.query = failing("08P01", "server login has been failing");
    expect(await pgbouncer.dataPath?.(host, config, 1000)).toMatchObject({ port: "main" });
    host.query = late;
    const { external: _, ...own } = database;
    const remote: AgentConfig = { ...config, pool: { poolers: [], ...config.pool, database: own } };
    expect(await pgbouncer.dataPath?.(host, remote, 1000)).toMatchObject({ port: "main" });
  });

  test("leaves the status of the database as it is", async () => {
    host.query = late;
    inUse(20);
    expect((await pgbouncer.status?.(host, config))?.pool?.database?.problem).toBeNull();
    inUse(3);
    expect((await pgbouncer.status?.(host, config))?.pool?.database?.problem).toBe("Query read timeout");
  });

  test("passes on a node whose poolers have let the application's role in", async () => {
    host.query = late;
    const node = {
      ...{ virtualAddress: "10.0.1.100", runtimeSocket: "/r", masterSocket: "/m", serverStateFile: "/s" },
      pool: { backend: "poolers", proof: { ...proof, port: 5432 } },
    };
    const path = (own: object) =>
      haproxy.dataPath?.(host, { host: "haproxy1", node: { ...node, pool: { ...node.pool, ...own } } }, 1000);
    expect(await path({ sharesPool: true })).toBe("answers");
    expect(await path({})).toMatchObject({ fails: "Query read timeout" });
  });
});
