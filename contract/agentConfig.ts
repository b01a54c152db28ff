import * as z from "zod";

/** Where the agent reads its own config on a host, relative to `/`; a file of the bundle like any other. */
export const agentConfigPath = "etc/hapair/agent.json";
/** systemd unit of the agent's daemon, `hapair watch`. */
export const agentUnit = "hapair.service";
/** systemd unit of the socket where the daemon sends what needs HAProxy's administrator (`hapair action`). */
export const actionUnit = "hapair-action.socket";

const SqlLogin = z.strictObject({
  host: z.string(),
  port: z.int(),
  user: z.string(),
  password: z.string(),
  database: z.string(),
  /** Present where the poolers want or offer TLS. */
  tls: z.optional(
    z.strictObject({
      /** The authority's certificate, absolute path. */
      authorityFile: z.string(),
      /** Host that the certificate has to name. */
      name: z.string(),
    }),
  ),
});

/** What the on-host program must know of its host; holds the probe's password, so mode 0600. */
export const AgentConfig = z.strictObject({
  host: z.string(),
  /** Present on a node of a pair. Not strict: the live bundle may be of an earlier version that has more keys. */
  node: z.optional(
    z.object({
      virtualAddress: z.string(),
      /** haproxy's Runtime API socket for its administrator, absolute path. */
      runtimeSocket: z.string(),
      /** haproxy's master CLI socket, absolute path. */
      masterSocket: z.string(),
      /** haproxy's server-state file, absolute path: written for the length of one reload. */
      serverStateFile: z.string(),
      /** Present where the pair leads to a pool. */
      pool: z.optional(
        z.strictObject({
          /** haproxy's backend of the pool, as `show stat` names it. */
          backend: z.string(),
          /** A login through the local haproxy: the proof that the data path carries a query. */
          proof: SqlLogin,
        }),
      ),
    }),
  ),
  /** Present on the pool's machine. */
  pool: z.optional(
    z.strictObject({
      poolers: z.array(z.strictObject({ unit: z.string(), port: z.int() })),
      /** SQL that makes the roles what they should be, relative to `/`, run as `postgres` at every apply that changes it. */
      rolesFile: z.string(),
      postgresUnit: z.string(),
    }),
  ),
});
export type AgentConfig = z.infer<typeof AgentConfig>;
