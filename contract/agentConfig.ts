import * as z from "zod";

/** Where the agent reads its own config on a host, relative to `/`; a file of the bundle like any other. */
export const agentConfigPath = "etc/hapair/agent.json";
/** systemd unit of the agent's daemon, `hapair watch`. */
export const agentUnit = "hapair.service";
/** systemd unit of the socket where the daemon sends what needs HAProxy's administrator (`hapair action`). */
export const actionUnit = "hapair-action.socket";
/** systemd unit of the socket where the daemon has clients' connections ended, on a node of EC2. */
export const closeUnit = "hapair-close.socket";
/** systemd units that notice another certificate in a node's folder (`hapair certificate`). */
export const certificateUnits = ["hapair-certificate.path", "hapair-certificate.timer"];

/** How the server's certificate is checked. */
const SqlTls = z.strictObject({
  /** File with the certificates of trusted authorities, absolute path; absent where any certificate is accepted. */
  authorityFile: z.optional(z.string()),
  /** Host that the certificate has to name. */
  name: z.string(),
});

export const SqlLogin = z.strictObject({
  host: z.string(),
  port: z.int(),
  user: z.string(),
  password: z.string(),
  database: z.string(),
  /** Present where the login is encrypted. */
  tls: z.optional(SqlTls),
});

/** The database of poolers on another host. */
const RemoteDatabase = z.strictObject({
  /** Address or DNS name. */
  host: z.string(),
  port: z.int(),
  /** A login through each pooler of this host, at its own port: the proof that a query gets through. */
  proof: SqlLogin.omit({ port: true }),
  /**
   * Present where hapair does not make the database: the role of `proof` is the application's, and logs in to the database
   * itself with this encryption.
   */
  external: z.optional(z.strictObject({ tls: z.optional(SqlTls) })),
});
export type RemoteDatabase = z.infer<typeof RemoteDatabase>;

const StoredCertificate = z.strictObject({
  /** Absolute path. */
  file: z.string(),
  /**
   * `poolers`: what they show their clients; `postgres`: what PostgreSQL shows the poolers of other hosts; `authority`: by
   * which a host checks these; `external-authority`: by which the poolers check an external database; `edge`, `routes`: what
   * the edge, and the API of the routes, show their clients.
   */
  of: z.enum(["poolers", "postgres", "authority", "external-authority", "edge", "routes"]),
});
export type StoredCertificate = z.infer<typeof StoredCertificate>;

/** What the edge shows its clients. Not strict, as what it is part of. */
const EdgeCertificate = z.object({
  /** As haproxy's Runtime API names it. */
  name: z.string(),
  /** Certificates and key, absolute path: what haproxy reads at its start. */
  file: z.string(),
  /** Present where that file is a copy of what somebody else renews in a folder of the node. */
  folder: z.optional(
    z.object({
      /** With `fullchain.pem` and `privkey.pem`, absolute path. */
      path: z.string(),
      /** What the certificate has to be for, also as `*.example.com`. */
      names: z.array(z.string()),
      /** Where the daemon reads why it is not taken over, absolute path; no file while it is. */
      refusedFile: z.string(),
    }),
  ),
});
export type EdgeCertificate = z.infer<typeof EdgeCertificate>;

/** What the on-host program must know of its host; holds the probe's password, so mode 0600. */
export const AgentConfig = z.strictObject({
  host: z.string(),
  /** Certificates of this host that end one day. */
  certificates: z.optional(z.array(StoredCertificate)),
  /** Present on a node of a pair. Not strict: the live bundle may be of an earlier version that has more keys. */
  node: z.optional(
    z.object({
      virtualAddress: z.string(),
      /** keepalived's state, absolute path; present where every node keeps the virtual address on an interface. */
      vrrpFile: z.optional(z.string()),
      /** haproxy's Runtime API socket for its administrator, absolute path. */
      runtimeSocket: z.string(),
      /** haproxy's master CLI socket, absolute path. */
      masterSocket: z.string(),
      /** haproxy's server-state file, absolute path: written for the length of one reload. */
      serverStateFile: z.string(),
      /** Present where the pair has an edge. */
      edge: z.optional(z.object({ certificate: EdgeCertificate })),
      /** Present where the pair leads to a pool. */
      pool: z.optional(
        z.strictObject({
          /** haproxy's backend of the pool, as `show stat` names it. */
          backend: z.string(),
          /** A login through the local haproxy: the proof that the data path carries a query. */
          proof: SqlLogin,
          /**
           * Set where that is the application's role: hapair has none of its own in an external database. It shares the
           * poolers' server connections with the application.
           */
          sharesPool: z.optional(z.literal(true)),
          /** The same for the pool's port for sessions; present where it has one. */
          session: z.optional(z.strictObject({ backend: z.string(), proof: SqlLogin })),
        }),
      ),
    }),
  ),
  /** Present where poolers or their PostgreSQL run. */
  pool: z.optional(
    z.strictObject({
      poolers: z.array(
        z.strictObject({
          unit: z.string(),
          port: z.int(),
          /** Set for those of the port for sessions. */
          forSessions: z.optional(z.literal(true)),
        }),
      ),
      /**
       * SQL that makes the roles what they should be, relative to `/`, run as `postgres` at every apply that changes it.
       * Present, as the unit is, where PostgreSQL runs here.
       */
      rolesFile: z.optional(z.string()),
      postgresUnit: z.optional(z.string()),
      /** Present where poolers run here and their database does not. */
      database: z.optional(RemoteDatabase),
    }),
  ),
});
export type AgentConfig = z.infer<typeof AgentConfig>;
