import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { externalComplaint } from "../../../../../agent/services/pgbouncer/externalDatabase.ts";
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
  externalComplaint({ host, folder: "/staged", files: [{ ...ca, text }], config, live });

const failing = (code: string, message: string) =>
  vi.fn(async () => {
    throw Object.assign(new Error(message), { code });
  });

test.each([
  ["28P01", 'password authentication failed for user "shop"', "correct pool.database.user and the secret"],
  ["3D000", 'database "orders" does not exist', "correct pool.database.name"],
  ["", "The server does not support SSL connections", "set pool.database.external.tls to off"],
  [
    "SELF_SIGNED_CERT_IN_CHAIN",
    "self-signed certificate in certificate chain",
    "set pool.database.external.ca",
  ],
  [
    "ERR_TLS_CERT_ALTNAME_INVALID",
    "Hostname/IP does not match",
    "set pool.database.external.address to a name",
  ],
  ["ECONNREFUSED", "connect ECONNREFUSED 10.0.1.50:5433", "correct its address and port"],
  ["", "timeout expired", "correct its address and port"],
])("a database that refuses the login is quoted, with the remedy (%s %s)", async (code, message, remedy) => {
  host.query = failing(code, message);
  const words = await complaint();
  expect(words).toContain(
    `pool.database.external: db.example.com:5433 refuses the role shop: ${message}: ${remedy}`,
  );
  expect(words).not.toContain(password);
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
