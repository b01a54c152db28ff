import * as z from "zod";
import { AddressOrName, Certificates } from "./database.ts";
import { Address, ClientNetwork, Name, Port } from "./fields.ts";
import { Tls } from "./tls.ts";

/** The pool of a pair: PgBouncers in front of a database, which is a PostgreSQL of the pair's own or an external one. */

/** PostgreSQL counts them in blocks of 8 kB, up to INT_MAX / 2 (`shared_buffers` in its guc_tables.c). */
const mostSharedBuffersMb = Math.floor((Math.floor((2 ** 31 - 1) / 2) * 8) / 1024);

const Postgres = z.strictObject({
  port: Port.default(5432).describe("PostgreSQL's own port on its machine"),
  // PostgreSQL's own limit is 262,143 (`max_connections` in its guc_tables.c).
  maxConnections: z.int().min(20).max(10_000).default(200).describe("PostgreSQL's `max_connections`"),
  sharedBuffersMb: z
    .int()
    .min(16)
    .max(mostSharedBuffersMb)
    .default(128)
    .describe("PostgreSQL's `shared_buffers`, MB; refused above four fifths of the machine's memory"),
});

/** A second pool, whose clients keep one server connection for their whole session. */
const Session = z.strictObject({
  port: Port.describe(
    "port of the virtual address where a session keeps its state, for clients that need `LISTEN`, advisory locks, `SET` or temporary tables ([what changes for an application](docs/application.md)); without `pool.session` there is none",
  ),
  ports: z
    .array(Port)
    .min(1, "expected at least one port: every port is one PgBouncer")
    .max(16)
    .default([6435, 6436])
    .describe("one PgBouncer in session mode a port"),
  size: z
    .int()
    .min(1)
    .max(1000)
    .default(20)
    .describe(
      "sessions at once of each of them, per database and user: each has a server connection to itself",
    ),
  maxConnections: z
    .int()
    .min(1)
    .max(100_000)
    .default(200)
    .describe(
      "clients of the port at once; those for whom no session is free wait up to 30 s, further ones are closed at once",
    ),
});

const External = z.strictObject({
  address: AddressOrName.describe(
    "its address or DNS name; a name is resolved again every few seconds, and followed where it leads elsewhere",
  ),
  port: Port.default(5432).describe("its port"),
  tls: z
    .enum(["verify-full", "require", "off"])
    .default("verify-full")
    .describe(
      "`verify-full` checks its certificate and that this is for its address or name, `require` encrypts without a check",
    ),
  ca: z
    .optional(Certificates)
    .describe("certificate authority of its certificate, PEM; default the hosts' own store"),
});

const Database = z.strictObject(
  {
    // Which names are allowed, a rule tells: a database that exists already has the names that it has.
    name: z.string().default("postgres").describe("database of the application"),
    user: z
      .string()
      .default("app")
      .describe("role of the application; owns its database unless that is `postgres` or external"),
    external: z
      .optional(External)
      .describe(
        "a PostgreSQL that exists already ([pools and databases](docs/pools-and-databases.md)); hapair makes none then, and the role's password has to be set",
      ),
  },
  {
    error: ({ input }) =>
      typeof input === "string"
        ? `is a section: write \`database: { name: ${JSON.stringify(input)} }\``
        : undefined,
  },
);

const Machine = z.strictObject({
  name: Name.describe("host name of the machine"),
  address: Address.describe("its address on the network"),
});

export const Pool = z.strictObject({
  on: z
    .enum(["machines", "nodes", "laptop"])
    .default("machines")
    .describe(
      "where the poolers run: on the machines below, on the HAProxy nodes, or, with the target `vagrant`, on the machine where Vagrant runs, in containers of Docker Engine ([the pool on the laptop](docs/pools-and-databases.md#on-the-laptop))",
    ),
  machines: z
    .array(Machine)
    .max(64)
    .default([])
    .describe(
      "machines of the pool; the first one has PostgreSQL unless that is external; with `on: nodes` PostgreSQL's alone, with `on: laptop` none",
    ),
  ports: z
    .array(Port)
    .min(1, "expected at least one port: every port is one PgBouncer")
    .max(16)
    .default([6432, 6433, 6434])
    .describe("one PgBouncer a port, on each host with poolers"),
  mode: z
    .enum(["session", "transaction"])
    .default("transaction")
    .describe(
      "PgBouncer's `pool_mode`; with `transaction` a session keeps no state between transactions ([what changes for an application](docs/application.md))",
    ),
  session: z.optional(Session),
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
  database: Database.prefault({}),
  directClients: z
    .array(ClientNetwork)
    .default([])
    .describe(
      "networks that may also reach the poolers and PostgreSQL without the pair, for migrations and measurements",
    ),
  postgres: Postgres.prefault({}),
  tls: Tls.prefault({}),
});

/** Keys of `pool` that have moved, with their new place. */
export const movedPoolKeys: Readonly<Record<string, string>> = {
  name: "pool.machines[].name",
  address: "pool.machines[].address",
  user: "pool.database.user",
};
