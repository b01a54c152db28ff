import * as z from "zod";
import { UpdatesHealth } from "./updates/state.ts";

/** A systemd unit as `systemctl show` has it. */
const Unit = z.object({ unit: z.string(), active: z.string(), sub: z.string(), restarts: z.number() });

const Server = z.object({
  name: z.string(),
  /** haproxy's status text: UP, DOWN, MAINT … */
  state: z.string(),
  /** Result of the last health check, such as `L7OK`. */
  check: z.string(),
  /** In all workers that answer; an older agent counts the newest worker's alone. */
  sessions: z.number(),
});

/** A haproxy process that has connections. */
const Worker = z.object({
  pid: z.int(),
  /** A reload left it to its last sessions. */
  old: z.boolean(),
  /** Reloads since it started. */
  reloads: z.int(),
  /** Null where it does not answer. */
  connections: z.nullable(z.int()),
});

/** Free and total amount of a resource: bytes, or a number of inodes. */
const Resource = z.object({
  what: z.enum(["disk", "inodes", "memory"]),
  /** A folder of the file system; null for memory. */
  where: z.nullable(z.string()),
  free: z.number(),
  total: z.number(),
});

export const NodeStatus = z.object({
  /** Whether the virtual address is on this host. */
  holder: z.boolean(),
  virtualAddress: z.string(),
  /** Null where haproxy does not answer. */
  haproxy: z.nullable(
    z.object({
      version: z.string(),
      uptimeS: z.number(),
      /** Of all workers that answer; an older agent counts the newest worker's alone. */
      connections: z.number(),
      workers: z.array(Worker).default([]),
    }),
  ),
  /** The pool's servers as haproxy sees them. */
  servers: z.array(Server),
  /** What keeps the nodes of a route; null where no service names nodes. */
  updates: z.nullable(UpdatesHealth).default(null),
});

export const PoolStatus = z.object({
  /** Whether PostgreSQL answers on its local socket; null where it does not run here. */
  postgres: z.nullable(z.boolean()).default(null),
  /** The database of poolers whose PostgreSQL does not run here; null on a host without such poolers. */
  database: z
    .nullable(
      z.object({
        /** `host:port` */
        at: z.string(),
        /** Why no query gets through a pooler to it; null where one does. */
        problem: z.nullable(z.string()),
      }),
    )
    .default(null),
  poolers: z.array(
    z.object({
      unit: z.string(),
      port: z.int(),
      /** Whether it serves the pool's port for sessions. */
      forSessions: z.boolean().default(false),
      reachable: z.boolean(),
    }),
  ),
});

/** What `hapair status --json` prints on a host. `node` and `pool` are null as well where `problems` says why. The defaults are for older agents, which lack these fields. */
export const HostReport = z.object({
  host: z.string(),
  bundle: z.object({
    /** SHA-256; null before the first apply. */
    live: z.nullable(z.string()),
    since: z.nullable(z.string()),
    /** Bundles that a rollback may return to, newest first. */
    previous: z.array(z.string()),
  }),
  /** A transaction that runs now, or that was killed: then the next one finishes it. */
  unfinished: z.nullable(
    z.object({
      kind: z.string().default("apply"),
      to: z.string(),
      startedAt: z.string(),
      running: z.boolean().default(false),
    }),
  ),
  /** Paths of the bundle's files that were changed on the host by hand. */
  edited: z.array(z.string()),
  units: z.array(Unit),
  /** Null on a host that is not a node. */
  node: z.nullable(NodeStatus),
  /** Null on a host without poolers and PostgreSQL. */
  pool: z.nullable(PoolStatus),
  /** Limits that are reached, so that further clients wait or are refused: one sentence each, with figure and remedy. */
  full: z.array(z.string()).default([]),
  resources: z.array(Resource).default([]),
  /** What will need attention soon, such as a disk that is almost full: one sentence each. */
  warnings: z.array(z.string()).default([]),
  /** What could not be found out, and why: the fields above lack it. */
  problems: z.array(z.string()).default([]),
});
export type HostReport = z.infer<typeof HostReport>;
export type NodeStatus = z.infer<typeof NodeStatus>;
export type PoolStatus = z.infer<typeof PoolStatus>;
