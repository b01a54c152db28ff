import * as z from "zod";
import { longestLabName, machineInterface } from "../../contract/lab.ts";
import { subnet } from "../ip.ts";
import { Egress } from "./egress.ts";
import { Address, Milliseconds, Name, Port, Seconds } from "./fields.ts";

/** A stack's config. Each default stands beside its key; `.describe` texts become the README's reference. */

const Cidr = z.string().refine((text) => subnet(text) !== undefined, {
  error: "expected an IPv4 network such as 10.0.1.0/24 (no host bits set)",
});
/** A PostgreSQL name; SQL's own words are good ones too, as names are quoted wherever they stand in SQL. */
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

const Node = z.strictObject({
  name: Name.describe("host name of the node"),
  address: Address.describe("its own address on the network"),
  priority: z
    .optional(z.int().min(1).max(254))
    .describe(
      "VRRP priority; default 251 for the first node, one less for each further one: high and close together makes the takeover quick",
    ),
});

const Vrrp = z.strictObject({
  routerId: z
    .int()
    .min(1)
    .max(255)
    .default(51)
    .describe("virtual router id, unique among the pairs of a network"),
  version: z.literal([2, 3]).default(3).describe("VRRP version; 2 knows whole seconds only"),
  advertIntervalMs: z
    .int()
    .min(10)
    .max(40_950)
    .multipleOf(10)
    // Three of them and a skew are at most 242 ms: a lost host costs less than 300 ms also where a busy host adds to it.
    .default(80)
    .describe("time between two adverts of the holder, ms"),
  downTimerAdverts: z
    .int()
    .min(1)
    .max(100)
    .default(3)
    .describe("missed adverts after which a peer takes the address"),
  garpRefreshS: z
    .int()
    .min(0)
    .max(3600)
    .default(1)
    .describe(
      "the holder repeats its gratuitous ARP this often, s: after a healed partition it corrects stale neighbours",
    ),
});

const Haproxy = z.strictObject({
  port: Port.default(5432).describe("port of the virtual address that clients use"),
  statsPort: Port.default(8404).describe("stats page (`/stats`), metrics (`/metrics`) and `/healthz`"),
  statsUser: Name.default("admin").describe("user of the stats page"),
  maxConnections: z.int().min(10).max(100_000).default(4000).describe("clients of PostgreSQL at once"),
  checkIntervalMs: Milliseconds.default(1000).describe("time between two health checks of a pooler, ms"),
  checkTimeoutMs: Milliseconds.default(800).describe("a check unanswered for this long has failed, ms"),
  connectTimeoutMs: Milliseconds.default(1000).describe("time for one connection attempt to a pooler, ms"),
  idleTimeoutS: Seconds.default(1800).describe("a session silent for this long is closed, s"),
  keepaliveIdleS: Seconds.max(349)
    .default(120)
    .describe("TCP keepalive after this silence, s; EC2 forgets idle connections after 350 s"),
  hardStopAfterS: Seconds.default(1800).describe(
    "an old worker ends at the latest this long after a reload, s",
  ),
});

const Postgres = z.strictObject({
  port: Port.default(5432).describe("PostgreSQL's own port on the pool's machine"),
  maxConnections: z.int().min(20).max(10_000).default(200).describe("PostgreSQL's `max_connections`"),
  sharedBuffersMb: z.int().min(16).default(128).describe("PostgreSQL's `shared_buffers`, MB"),
});

const Pool = z.strictObject({
  name: Name.default("db1").describe("host name of the machine with PostgreSQL and the poolers"),
  address: Address.describe("its address on the network"),
  ports: z
    .array(Port)
    .min(1, "expected at least one port: every port is one PgBouncer")
    .max(16)
    .default([6432, 6433, 6434])
    .describe("one PgBouncer a port"),
  mode: z.enum(["session", "transaction"]).default("transaction").describe("PgBouncer's `pool_mode`"),
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
    .array(Cidr)
    .default([])
    .describe(
      "networks that may also reach the poolers and PostgreSQL without the pair, for migrations and measurements",
    ),
  postgres: Postgres.prefault({}),
});

const Pair = z.strictObject({
  name: Name.describe("name of the pair"),
  vip: z.strictObject({ address: Address.describe("the virtual address that clients use") }),
  nodes: z
    .array(Node)
    .min(2, "expected at least two nodes: one alone is no pair")
    .max(5, "expected at most five nodes")
    .describe("the HAProxy hosts"),
  vrrp: Vrrp.prefault({}),
  haproxy: Haproxy.prefault({}),
  pool: z.optional(Pool).describe("PgBouncer pool in front of PostgreSQL"),
  egress: z.optional(Egress),
});

const Firewall = z.strictObject({
  clients: z.optional(z.array(Cidr).min(1)).describe("who may use the virtual address; default the network"),
  monitoring: z
    .optional(z.array(Cidr).min(1))
    .describe("who may read stats and metrics; default the network"),
  ssh: z.optional(z.array(Cidr).min(1)).describe("who may log in by SSH; default the network"),
});

const Syslog = z.strictObject({
  address: Address.describe("log server"),
  port: Port.default(514).describe("its port"),
  protocol: z.enum(["udp", "tcp"]).default("udp").describe("transport"),
});

const Lab = z.strictObject({
  name: Name.max(
    longestLabName,
    `expected at most ${longestLabName} characters: the lab's processes and network are named by it`,
  )
    .default("hapair")
    .describe("name of the lab: labs with different names and ports run side by side"),
  app: Address.default("10.0.1.10").describe(
    "address of the application server (the lab's network namespace itself)",
  ),
  internet: z
    .optional(Address)
    .describe(
      "address of a machine that plays the internet: the egress groups' targets, and behind it their proxies, each in a network namespace with its own address",
    ),
  sshPort: Port.default(2201).describe(
    "loopback port to the first machine's SSH, one more for each further machine",
  ),
  sqlPort: Port.default(15432).describe(
    "loopback port to the first pair's virtual address, one more for each further pair",
  ),
  statsPort: Port.default(18404).describe(
    "loopback port to the first pair's stats page, one more for each further pair",
  ),
  socksPort: Port.default(17891).describe(
    "loopback port to the first egress group, one more for each further group",
  ),
});

export const StackConfig = z.strictObject({
  target: z.enum(["lab"]).describe("where the machines come from"),
  network: z.strictObject({
    cidr: Cidr.describe("the network that all hosts and the virtual addresses share"),
    interface: z
      .string()
      .regex(/^[a-zA-Z][a-zA-Z0-9._-]{0,14}$/, "expected an interface name such as eth0")
      .default(machineInterface)
      .describe("the hosts' interface on that network"),
  }),
  pairs: z.array(Pair).min(1, "expected at least one pair"),
  firewall: Firewall.prefault({}),
  syslog: z.optional(Syslog).describe("remote log server; default none"),
  secrets: z
    .enum(["generated", "config"])
    .default("generated")
    .describe("`generated` once and kept in the stack's state, or taken from the stack's secret `config`"),
  lab: Lab.prefault({}),
});

export type StackConfig = z.output<typeof StackConfig>;
