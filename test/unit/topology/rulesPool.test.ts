import { describe, expect, test } from "vitest";
import { parseTopology } from "../../../topology/parse.ts";
import { poolersOf } from "../../../topology/pool.ts";
import { ConfigError } from "../../../topology/problem.ts";
import { parseSecrets, splitSecrets } from "../../../topology/secrets/givenSecrets.ts";
import { labWithPair, problemsOf } from "../fixtures.ts";
import { authority, pools } from "./poolFixtures.ts";

const [db1, db2] = pools["two-machines"].pool.machines;
const given = { secrets: "config" };
const external = { address: "db.example.com" };
/** Problems of the lab with this pool. */
const of = (pool: object, config: Record<string, unknown> = {}) => problemsOf(labWithPair({ pool }, config));

test.each(Object.entries(pools))("a pool may be of the kind %s", (_, { pool, config }) => {
  expect(of(pool, config)).toEqual([]);
});

const poolers = (pool: object) => parseTopology(labWithPair({ pool })).pairs.flatMap(poolersOf);

test("every pooler has a name and a place of its own", () => {
  expect(poolers({ machines: [db1, db2] }).map(({ name }) => name)).toEqual(
    ["db1", "db2"].flatMap((host) => [6432, 6433, 6434].map((port) => `${host}-${port}`)),
  );
});

test("a pooler keeps its peer id while other hosts and other ports come and go", () => {
  const db3 = { name: "db3", address: "10.0.1.32" };
  const session = { port: 5433, size: 1 };
  const idsOf = (pool: object) =>
    new Map(poolers({ size: 1, ...pool }).map(({ name, peerId }) => [name, peerId]));
  const all = idsOf({ machines: [db1, db2, db3], session });
  expect(new Set(all.values()).size).toBe(3 * 5);
  for (const fewer of [
    { machines: [db1, db3], session },
    { machines: [db3, db1], session },
    { machines: [db1, db2], ports: [6432], maxClientConnections: 4000, session },
  ])
    for (const [name, id] of idsOf(fewer)) expect(id, name).toBe(all.get(name));
});

test("peer ids of one pool differ and PgBouncer takes them, whichever addresses its hosts have", () => {
  const ports = Array.from({ length: 16 }, (_, index) => 6432 + index);
  const session = { port: 5433, ports: ports.map((port) => port + 100) };
  const pool = { ports, session, size: 1, maxClientConnections: 4000 };
  const machines = ["10.0.1.254", "10.0.2.254", "10.0.1.255", "10.0.3.254", "10.0.4.1"].map(
    (address, index) => ({ name: `db${index}`, address }),
  );
  const [pair] = parseTopology(labWithPair({})).pairs;
  const ids = poolersOf({
    nodes: [],
    pool: pair?.pool && {
      ...pair.pool,
      ...pool,
      session: { ...session, size: 1, maxConnections: 200 },
      machines,
    },
  }).map(({ peerId }) => peerId);
  expect(new Set(ids).size).toBe(5 * 32);
  expect(Math.min(...ids)).toBeGreaterThan(0);
  expect(Math.max(...ids)).toBeLessThan(2 ** 14);
});

describe("a key at its former place is refused with its new one:", () => {
  test.each([
    ["name", { name: "db1" }, "pairs[0].pool.name: unknown key: it is pool.machines[].name now"],
    [
      "address",
      { address: "10.0.1.30" },
      "pairs[0].pool.address: unknown key: it is pool.machines[].address now",
    ],
    ["user", { user: "shop" }, "pairs[0].pool.user: unknown key: it is pool.database.user now"],
    [
      "database",
      { database: "orders" },
      'pairs[0].pool.database: is a section: write `database: { name: "orders" }`',
    ],
  ])("%s", (_, pool, problem) => {
    expect(of({ machines: [db1], ...pool })).toEqual([problem]);
  });
});

describe("a pool that cannot work is refused with its path and the remedy:", () => {
  const cases: readonly [string, object, Record<string, unknown>, string][] = [
    [
      "without a machine",
      {},
      {},
      "pairs[0].pool.machines: has no machine for the poolers: add its name and address",
    ],
    [
      "on the nodes, without a machine for PostgreSQL",
      { on: "nodes" },
      {},
      "pairs[0].pool.machines: has no machine for PostgreSQL: add its name and address, or set pool.database.external to one that exists",
    ],
    [
      "on the nodes, with a machine that has nothing to run",
      { on: "nodes", machines: [db1, db2] },
      {},
      "pairs[0].pool.machines[1]: has nothing to run: the poolers run on the nodes, and PostgreSQL on the first machine: remove it, or set pool.on to machines",
    ],
    [
      "on the nodes, with a machine beside an external database",
      { on: "nodes", machines: [db1], database: { external } },
      given,
      "pairs[0].pool.machines[0]: has nothing to run: the poolers run on the nodes and the database is external: remove it, or set pool.on to machines",
    ],
    [
      "two machines with one name",
      { machines: [db1, { ...db1, address: "10.0.1.31" }] },
      {},
      "pairs[0].pool.machines[1].name: db1: pairs[0].pool.machines[0].name has this name already",
    ],
    [
      "a machine with a node's address",
      { machines: [{ name: "db1", address: "10.0.1.20" }] },
      {},
      "pairs[0].pool.machines[0].address: 10.0.1.20: pairs[0].nodes[0].address has this address already",
    ],
    [
      "on the nodes, on the front's port",
      { on: "nodes", machines: [db1], ports: [5432], postgres: { port: 5433 }, maxClientConnections: 4000 },
      {},
      "pairs[0].pool.ports[0]: 5432: pairs[0].haproxy.port uses this port already, and the poolers run on the nodes (pool.on): choose another",
    ],
    [
      "on the nodes, with more clients than a node's own poolers take",
      { on: "nodes", machines: [db1], maxClientConnections: 1000 },
      {},
      "pairs[0].haproxy.maxConnections: 4000 clients are more than the poolers take together (3 of 1000): lower it to 3000, or raise pool.maxClientConnections",
    ],
    [
      "more connections of all poolers than PostgreSQL takes",
      { machines: [db1, db2], size: 40 },
      {},
      "pairs[0].pool.size: 6 poolers of 40 connections need 240, PostgreSQL has 185 free: lower size or raise postgres.maxConnections",
    ],
    [
      "more connections of all poolers, with those for sessions, than PostgreSQL takes",
      { machines: [db1, db2], session: { port: 5433, size: 30 } },
      {},
      "pairs[0].pool.session.size: 6 poolers of 20 connections and 4 of 30 for sessions need 240, PostgreSQL has 177 free: lower it or pool.size, or raise postgres.maxConnections",
    ],
    [
      "on the nodes, with a pooler for sessions on the port for sessions",
      { on: "nodes", machines: [db1], session: { port: 5433, ports: [5433], maxConnections: 10 } },
      {},
      "pairs[0].pool.session.ports[0]: 5433: pairs[0].pool.session.port uses this port already, and the poolers run on the nodes (pool.on): choose another",
    ],
    [
      "on the nodes, with more sessions' clients than a node's own poolers take",
      { on: "nodes", machines: [db1], session: { port: 5433, size: 5, maxConnections: 5000 } },
      {},
      "pairs[0].pool.session.maxConnections: 5000 clients are more than the poolers take together (2 of 2000): lower it to 4000, or raise pool.maxClientConnections",
    ],
    [
      "an external database with generated passwords",
      { machines: [db1], database: { external } },
      {},
      "secrets: generated passwords do not fit the external database of pg: set it to config, and the role's password as the secret passwords.pg.database",
    ],
    [
      "an external database at the pair's own address",
      { machines: [db1], database: { external: { address: "10.0.1.100" } } },
      given,
      "pairs[0].pool.database.external.address: 10.0.1.100 is the pair's own virtual address, which leads to the poolers: set the database's own",
    ],
    [
      "an external database at a mistyped address",
      { machines: [db1], database: { external: { address: "10.0.1.300" } } },
      given,
      "pairs[0].pool.database.external.address: expected an IPv4 address such as 10.0.1.30 or a DNS name such as db.example.com",
    ],
    [
      "an authority that nothing reads",
      { machines: [db1], database: { external: { ...external, tls: "require", ca: authority } } },
      given,
      "pairs[0].pool.database.external.ca: is read with tls: verify-full alone, and tls is require: remove it, or set tls to verify-full",
    ],
    [
      "an authority that is no certificate",
      {
        machines: [db1],
        database: {
          external: { ...external, ca: "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----" },
        },
      },
      given,
      "pairs[0].pool.database.external.ca: expected certificates in PEM",
    ],
  ];
  test.each(cases)("%s", (_, pool, config, problem) => {
    expect(of(pool, config)).toEqual([problem]);
  });
});

test("PostgreSQL's port may be a pooler's where they are on different hosts, or the database is external", () => {
  const one = { ports: [6432], maxClientConnections: 4000 };
  expect(of({ on: "nodes", machines: [db1], ...one, postgres: { port: 6432 } })).toEqual([]);
  const { pool, config } = pools.external;
  expect(of({ ...pool, ports: [5432], maxClientConnections: 4000 }, config)).toEqual([]);
});

test("with an external database no password for a role of hapair's own is asked for, and none is taken", () => {
  const { pool, config } = pools.external;
  const topology = parseTopology(labWithPair({ pool }, config));
  const read = (pg: Record<string, string>) =>
    parseSecrets(topology, splitSecrets({ passwords: { pg } }).secrets);
  expect(() => read({ database: "one", stats: "three" })).not.toThrow();
  expect(() => read({ stats: "three" })).toThrow(/passwords\.pg\.database: is missing/);
  expect(() => read({ database: "one", probe: "two", stats: "three" })).toThrow(ConfigError);
});

describe("an external database", () => {
  const named = (database: object) => of({ machines: [db1], database: { ...database, external } }, given);

  test.each([
    { user: "postgres" },
    { user: "my-app" },
    { user: "Shop" },
    { user: "hapair_probe" },
    { name: "orders-prod" },
    { name: "Aufträge 2026" },
    { name: "template1" },
    { name: "a".repeat(63) },
  ])("may have any name that PostgreSQL allows: %j", (database) => {
    expect(named(database)).toEqual([]);
    expect(named({ name: "shop", user: "shop", ...database })).toEqual([]);
  });

  test.each<[object, string]>([
    [
      { user: "pgbouncer" },
      "user: pgbouncer is a name that PostgreSQL, PgBouncer or hapair keeps for itself",
    ],
    [
      { user: "pg_monitor" },
      "user: pg_monitor is a name that PostgreSQL, PgBouncer or hapair keeps for itself",
    ],
    [{ name: "pgbouncer" }, "name: pgbouncer is PgBouncer's admin console: choose another name"],
    [{ name: "ä".repeat(32) }, "name: expected 1 to 63 bytes"],
    [{ name: "" }, "name: expected 1 to 63 bytes"],
    [{ name: "." }, "name: . is no name that a URL can have, such as databaseUrl: choose another database"],
    [{ name: ".." }, "name: .. is no name that a URL can have, such as databaseUrl: choose another database"],
    [{ user: 'a"b' }, "user: has a control character, quote, backslash or newline: remove it"],
  ])("has no name that the poolers cannot use: %j", (database, problem) => {
    expect(named(database)).toEqual([expect.stringContaining(`pairs[0].pool.database.${problem}`)]);
  });
});

test("a database that hapair makes has names that need no quotes, and none that are taken", () => {
  for (const database of [{ user: "my-app" }, { user: "postgres" }, { name: "Shop" }, { name: "template1" }])
    expect(of({ machines: [db1], database })).toHaveLength(1);
});
