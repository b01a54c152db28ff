import { describe, expect, test } from "vitest";
import { statTable } from "../../../../agent/haproxy/servers.ts";
import { fullHaproxy } from "../../../../agent/limits/haproxy.ts";
import { fullPooler } from "../../../../agent/limits/pgbouncer.ts";
import { fullPostgresql } from "../../../../agent/limits/postgresql.ts";

describe("haproxy is full", () => {
  const table = (...rows: readonly string[]) =>
    statTable(["# pxname,svname,scur,slim,status,check_status,", ...rows, ""].join("\n"));
  const pools = { poolers: "haproxy.maxConnections", "session-poolers": "pool.session.maxConnections" };
  const free = { connections: 60, maxConnections: 100 };

  test.each([
    ["postgresql,FRONTEND,50,50,OPEN,,", "haproxy's frontend postgresql has 50 of 50 connections"],
    ["egress-main,FRONTEND,20,20,OPEN,,", "haproxy's frontend egress-main has 20 of 20 connections"],
    ["poolers,BACKEND,10,10,UP,,", "clients of PostgreSQL have 10 of 10 connections"],
    ["session-poolers,BACKEND,5,5,UP,,", "or raise pool.session.maxConnections"],
    ["poolers,BACKEND,11,10,UP,,", "clients of PostgreSQL have 11 of 10 connections"],
  ])("where %s", (row, words) => {
    expect(fullHaproxy(free, table(row), pools)).toEqual([expect.stringContaining(words)]);
  });

  test("as a whole where its process has all its connections, and that is said once", () => {
    const whole = { connections: 100, maxConnections: 100 };
    expect(fullHaproxy(whole, table("stats,FRONTEND,100,100,OPEN,,"), pools)).toEqual([
      expect.stringContaining("haproxy has 100 of 100 connections, and further clients wait"),
    ]);
  });

  test.each([
    ["with one place left", "poolers,BACKEND,9,10,UP,,"],
    ["for the default of a backend, which limits nothing", "egress-main,BACKEND,20,10,UP,,"],
    ["without a limit", "poolers,pooler1,20,,UP,L7OK,"],
  ])("not %s", (_, row) => {
    expect(fullHaproxy(free, table(row), pools)).toEqual([]);
  });
});

describe("a pooler is full", () => {
  const pools = "database,user,cl_active,cl_waiting,sv_active,maxwait,pool_mode";
  const answers = (clients: number, ...rows: readonly string[]) =>
    [
      `list,items\nused_clients,${clients}\nlogin_clients,0`,
      'key,value,default,changeable\nauth_query,"SELECT a, b","",yes\ndefault_pool_size,20,20,yes\nmax_client_conn,10,100,yes',
      [pools, "pgbouncer,pgbouncer,1,0,0,0,statement", ...rows, ""].join("\n"),
    ].join("\n");

  test("with all its clients, among which PgBouncer counts whoever asks", () => {
    expect(fullPooler(6432, answers(11))).toEqual([
      "the pooler on port 6432 has 10 of 10 clients, and further ones are refused: close idle ones, or raise pool.maxClientConnections",
    ]);
    expect(fullPooler(6432, answers(10))).toEqual([]);
  });

  test("where clients have waited for one of its server connections", () => {
    expect(fullPooler(6432, answers(2, "postgres,app,20,3,20,12,transaction"))).toEqual([
      "the pooler on port 6432 uses all of its 20 server connections for postgres/app, and clients have waited for 12 s: end long transactions, or raise pool.size",
    ]);
  });

  test.each([
    ["the wait is short", "postgres,app,20,3,20,0,transaction"],
    ["PostgreSQL is down, so that it has no server connection", "postgres,app,0,3,0,12,transaction"],
  ])("but not where %s", (_, row) => {
    expect(fullPooler(6432, answers(2, row))).toEqual([]);
  });

  test("is unknown where its console says something else", () => {
    expect(() => fullPooler(6432, "list,items\n")).toThrow("port 6432 does not say used_clients");
  });
});

describe("PostgreSQL is full", () => {
  test.each([
    ["197 197\n", "PostgreSQL has 197 of 197 connections, and further clients are refused"],
    ["199 197\n", "PostgreSQL has 199 of 197 connections"],
    ["psql: error: FATAL:  sorry, too many clients already", "PostgreSQL has all its connections in use"],
    ["FATAL:  remaining connection slots are reserved for roles with", "PostgreSQL has all its connections"],
  ])("where it says %j", (answer, words) => {
    expect(fullPostgresql(answer)).toEqual([expect.stringContaining(words)]);
  });

  test.each(["196 197\n", "psql: error: connection refused", ""])("but not where it says %j", (answer) => {
    expect(fullPostgresql(answer)).toEqual([]);
  });
});
