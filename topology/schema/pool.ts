import * as z from "zod";
import { Address, ClientNetwork, Name, Port } from "./fields.ts";
import { Tls } from "./tls.ts";

/** The pool of a pair: PgBouncers in front of PostgreSQL, on one machine. */

/** A PostgreSQL name. SQL's keywords are allowed: names are quoted wherever they stand in SQL. */
const SqlName = z
  .string()
  .regex(/^[a-z_][a-z0-9_]{0,62}$/, "expected lower-case letters, digits and underscores, at most 63");
const DatabaseName = SqlName.refine((name) => !/^(pgbouncer|template[01])$/.test(name), {
  error: ({ input }) =>
    `${input} is ${input === "pgbouncer" ? "PgBouncer's admin console" : "one of PostgreSQL's own templates"}: choose another name`,
});
const RoleName = SqlName.refine((name) => !/^(postgres|pgbouncer|public|none|(pg|hapair)_.*)$/.test(name), {
  error: ({ input }) =>
    `${input} is a name that PostgreSQL, PgBouncer or hapair keeps for itself: choose another, such as app`,
});

/** PostgreSQL counts them in blocks of 8 kB, up to INT_MAX / 2 (`shared_buffers` in its guc_tables.c). */
const mostSharedBuffersMb = Math.floor((Math.floor((2 ** 31 - 1) / 2) * 8) / 1024);

const Postgres = z.strictObject({
  port: Port.default(5432).describe("PostgreSQL's own port on the pool's machine"),
  // PostgreSQL's own limit is 262,143 (`max_connections` in its guc_tables.c).
  maxConnections: z.int().min(20).max(10_000).default(200).describe("PostgreSQL's `max_connections`"),
  sharedBuffersMb: z
    .int()
    .min(16)
    .max(mostSharedBuffersMb)
    .default(128)
    .describe("PostgreSQL's `shared_buffers`, MB; well below the machine's memory"),
});

export const Pool = z.strictObject({
  name: Name.default("db1").describe("host name of the machine with PostgreSQL and the poolers"),
  address: Address.describe("its address on the network"),
  ports: z
    .array(Port)
    .min(1, "expected at least one port: every port is one PgBouncer")
    .max(16)
    .default([6432, 6433, 6434])
    .describe("one PgBouncer a port"),
  mode: z
    .enum(["session", "transaction"])
    .default("transaction")
    .describe(
      "PgBouncer's `pool_mode`; with `transaction` a session keeps no state between transactions ([what changes for an application](docs/application.md))",
    ),
  maxClientConnections: z
    .int()
    .min(10)
    .max(100_000)
    .default(2000)
    .describe("client connections of each pooler"),
  size: z
    .int()
    .min(1)
    .max(1000)
    .default(20)
    .describe("server connections of each pooler, per database and user"),
  database: DatabaseName.default("postgres").describe("database of the application"),
  user: RoleName.default("app").describe(
    "role of the application; owns its database unless that is `postgres`",
  ),
  directClients: z
    .array(ClientNetwork)
    .default([])
    .describe(
      "networks that may also reach the poolers and PostgreSQL without the pair, for migrations and measurements",
    ),
  postgres: Postgres.prefault({}),
  tls: Tls.prefault({}),
});
