import * as z from "zod";
import { Edge } from "./edge.ts";
import { Egress } from "./egress.ts";
import { Address, Milliseconds, Name, Port, Seconds } from "./fields.ts";
import { Pool } from "./pool.ts";
import { Routes } from "./routes.ts";
import { defaultAdvertIntervalMs } from "./targets.ts";
import { Vip } from "./vip.ts";

/** A pair: its nodes, and what keepalived and HAProxy do on them. */

const Node = z.strictObject({
  name: Name.describe("host name of the node"),
  address: Address.describe("its own address on the network"),
  priority: z
    .optional(z.int().min(1).max(254))
    .describe(
      "VRRP priority; default 251 for the first node, one less for each further one: high priorities close together make the takeover quick",
    ),
});

const Vrrp = z.strictObject({
  routerId: z
    .int()
    .min(1)
    .max(255)
    .default(51)
    .describe("virtual router id, unique among the pairs of a network"),
  version: z.literal([2, 3]).default(3).describe("VRRP version; 2 allows whole seconds only"),
  advertIntervalMs: z
    .optional(z.int().min(10).max(40_950).multipleOf(10))
    .describe(
      `time between two adverts of the holder, ms; default ${defaultAdvertIntervalMs.lab}, with target \`ec2\` ${defaultAdvertIntervalMs.ec2}, with \`vagrant\` ${defaultAdvertIntervalMs.vagrant}`,
    ),
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
  idleTimeoutS: z
    .optional(Seconds)
    .describe(
      "a session silent for this long is closed, s; left out: none is, as long as its client answers keepalives",
    ),
  keepaliveIdleS: Seconds.max(349)
    .default(30)
    .describe(
      "TCP keepalive after this silence, s; a client that is gone is found 30 s later; EC2 forgets idle connections after 350 s",
    ),
  hardStopAfterS: Seconds.default(1800).describe(
    "an old worker ends at the latest this long after a reload, s",
  ),
});

export const Pair = z.strictObject({
  name: Name.describe("name of the pair"),
  vip: Vip,
  nodes: z
    .array(Node)
    .min(2, "expected at least two nodes: one alone is not a pair")
    .max(5, "expected at most five nodes")
    .describe("the HAProxy hosts"),
  vrrp: Vrrp.prefault({}),
  haproxy: Haproxy.prefault({}),
  pool: z.optional(Pool).describe("PgBouncer pool in front of a database"),
  egress: z.optional(Egress),
  edge: z.optional(Edge),
  routes: z.optional(Routes),
});
