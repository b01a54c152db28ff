import * as z from "zod";

/** The outputs of a stack: declared by its program, read by the commands. Their names are a user's interface too. */

const Login = z.object({
  host: z.string(),
  port: z.int(),
  user: z.string(),
  /** Public host key, one line: type and key. */
  hostKey: z.string(),
  /** In OpenSSH's format, with the newline at its end; absent where the SSH agent has the key. */
  privateKey: z.exactOptional(z.string()),
});

/** How to log in to a host. */
export const Connection = z.object({
  ...Login.shape,
  /** The bastion through which the host is reached. */
  proxy: z.exactOptional(Login),
});
export type Connection = z.infer<typeof Connection>;

export const PairOutputs = z.object({
  /** The virtual address. */
  vip: z.string(),
  /** The public address that leads to it; absent where there is none. */
  publicAddress: z.optional(z.string()),
  /** `host:port` of each node's stats, by node. */
  endpoints: z.record(z.string(), z.string()),
  /** The connection through the virtual address, with its password; present where the pair has a pool. Secret. */
  databaseUrl: z.optional(z.string()),
  /** The same on the port where a session keeps its state; present where the pool has one. Secret. */
  sessionUrl: z.optional(z.string()),
  /** `databaseUrl` for JDBC. Secret. */
  jdbcUrl: z.optional(z.string()),
  /** The authority (PEM) of the poolers' certificate; absent without TLS, "" for a public one. */
  databaseAuthority: z.optional(z.string()),
  /** URL of the edge by HTTPS; present where the pair has one. */
  edgeUrl: z.optional(z.string()),
  /** The authority (PEM) of the edge's certificate where the stack has made it. */
  edgeAuthority: z.optional(z.string()),
  /** URL of the API of the routes; present where the pair has them. */
  routesUrl: z.optional(z.string()),
  /** The authority (PEM) of its certificate. */
  routesAuthority: z.optional(z.string()),
  /** Tokens of the API by name. Secret. */
  routeTokens: z.optional(z.record(z.string(), z.string())),
  /** What a restart of HAProxy by the API asks for beside a token (`X-Admin-Key`). Secret. */
  routesAdminKey: z.optional(z.string()),
  statsUser: z.string(),
  statsPassword: z.string(),
  /** SHA-256 of the bundle delivered to each host, by host. */
  bundles: z.record(z.string(), z.string()),
  /** The pair as the machine reaches it on which `pulumi` ran; absent where that needs no way of its own. */
  reach: z.optional(
    z.object({
      /** URL of the stats page. */
      stats: z.string(),
      databaseUrl: z.optional(z.string()),
      sessionUrl: z.optional(z.string()),
      /** URLs of the edge, by HTTP and by HTTPS. */
      edge: z.optional(z.object({ http: z.string(), https: z.string() })),
      /** URL of the API of the routes. */
      routesUrl: z.optional(z.string()),
      /** `host:port` for SOCKS5 clients, by egress group. */
      socks: z.record(z.string(), z.string()),
    }),
  ),
});
export type PairOutputs = z.infer<typeof PairOutputs>;

/** The machine that plays the internet, with the certificate (PEM) of its https sites. */
export const InternetOutputs = z.object({ address: z.string(), certificate: z.string(), bundle: z.string() });
export type InternetOutputs = z.infer<typeof InternetOutputs>;

export const StackOutputs = z.object({
  /** Those of the first pair, for `pulumi stack output vip`. */
  ...PairOutputs.partial().shape,
  /** By pair. */
  pairs: z.record(z.string(), PairOutputs),
  /** By host. Secret. */
  ssh: z.record(z.string(), Connection),
  internet: z.optional(InternetOutputs),
});
export type StackOutputs = z.infer<typeof StackOutputs>;
