import * as z from "zod";
import { SqlLogin } from "./agentConfig.ts";
import { Route } from "./routes/route.ts";

/**
 * Where the agent reads what it must know of routes on a node, relative to `/`. It holds a password, so only root and the
 * group of the daemon may read it.
 */
export const routesConfigPath = "etc/hapair/routes.json";

/** Unix socket of the API for root on the node, who needs no token; in the folder of the node's log. */
export const localSocketName = "api.sock";

/** What a token may do; each role may also do what those before it may. */
export const tokenRoles = ["read", "routes", "admin"] as const;
export type TokenRole = (typeof tokenRoles)[number];

const Sha256 = z.string().regex(/^[0-9a-f]{64}$/);

const Token = z.strictObject({
  name: z.string(),
  role: z.enum(tokenRoles),
  /** SHA-256 of the token, hex: tokens are random, so nothing slower is needed. */
  sha256: Sha256,
});

/** A login to the database of the routes. */
const Database = z.strictObject({
  host: z.string(),
  port: z.int(),
  database: z.string(),
  user: z.string(),
  password: z.string(),
  /** File with the certificates of trusted authorities, absolute path; absent where the login is not encrypted. */
  authorityFile: z.optional(z.string()),
  /** Set where hapair does not make the database. */
  external: z.optional(z.literal(true)),
});

export const RoutesConfig = z.strictObject({
  /** This node. */
  host: z.string(),
  /** The pair: one database may have the routes of several. */
  pair: z.string(),
  /** Where the API is served, with TLS. */
  listen: z.strictObject({ address: z.string(), port: z.int() }),
  /** Absolute paths of the API's certificate chain and key, PEM. */
  certificateFile: z.string(),
  keyFile: z.string(),
  /** Names of the pair's other nodes. */
  peers: z.array(z.string()),
  /** haproxy's Runtime API socket that may change maps, absolute path. */
  runtimeSocket: z.string(),
  /** haproxy's map of routes, absolute path: its configuration and its Runtime API name it so. */
  mapFile: z.string(),
  /** The edge's own listener on loopback where a target is probed, with the header that names the map's key. */
  probe: z.strictObject({ address: z.string(), port: z.int(), header: z.string() }),
  /**
   * Servers of routes with several targets, checks or a queue. Bundles of older versions have none of these routes, and a
   * host may go back to one of them.
   */
  balanced: z
    .strictObject({
      /** What is open on a target that goes ends by itself within this time, s. */
      drainS: z.int().min(0),
      /** File with the authorities of targets, absolute path. */
      authorities: z.string(),
    })
    .default({ drainS: 0, authorities: "" }),
  /** Folder of the node's log of routes, absolute path. */
  folder: z.string(),
  /** Routes that the config has, with full names. Bundles of older versions have none. */
  fixed: z.array(Route).default([]),
  /** Domains of which a route without a dot is a label, the first one by default. */
  domains: z.array(z.string()),
  /** Addresses of the pair itself, which are forbidden by default as loopback and link-local ones are. */
  ownAddresses: z.array(z.string()),
  /** Networks that a target must not be in, whatever `allowedTargets` says. */
  deniedTargets: z.array(z.string()),
  /** Networks that a target may be in although they are forbidden by default. */
  allowedTargets: z.array(z.string()),
  /** `reachable`: a node that does not answer in time catches up later; `all`: nothing is changed then. */
  require: z.enum(["reachable", "all"]),
  /** How long a change waits for the other nodes, ms. */
  peerDeadlineMs: z.int(),
  breaker: z.strictObject({ failures: z.int().min(1), resetMs: z.int().min(1) }),
  database: Database,
  /**
   * A login through the virtual address, which shows whether the pool's database answers; absent where the pair has no
   * pool, or one in whose external database hapair has no role of its own.
   */
  proof: z.optional(SqlLogin),
  tokens: z.array(Token),
  /** SHA-256 of the key that `recover` asks for beside a token, hex. */
  adminKeySha256: Sha256,
});
export type RoutesConfig = z.output<typeof RoutesConfig>;
