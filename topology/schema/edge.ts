import * as z from "zod";
import { ClientNetwork, DnsName, isHidden, Milliseconds, Port } from "./fields.ts";
import { Updates } from "./updates.ts";

/** The edge of a pair: HTTP and WebSocket through the virtual address. */

/** A DNS name, or all names of one more label below it. */
const CertifiedName = z
  .string()
  .max(253)
  .regex(
    /^(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/,
    "expected a DNS name in lower case such as shop.example.com or *.example.com",
  );

const Tls = z
  .strictObject({
    port: Port.default(8443).describe("port of the virtual address for HTTPS"),
    certificate: z
      .enum(["made", "given", "folder"])
      .default("made")
      .describe(
        "`made` by the stack, with the authority of the pair's other certificates; `given` as the secret `certificates.PAIR.edge`; `folder`: on each node, as certbot keeps one ([the edge](docs/edge.md#certificates))",
      ),
    folder: z
      .optional(
        z
          .string()
          .max(1000)
          .regex(
            /^(\/[A-Za-z0-9_+-][A-Za-z0-9._+-]*)+$/,
            "expected an absolute path such as /etc/letsencrypt/live/example.com, of letters, digits, dots, dashes and underscores",
          )
          .refine((path) => !isHidden(path), {
            error: "is a folder that hapair's unit does not see: put the files below /etc or /srv",
          }),
      )
      .describe("folder with `fullchain.pem` and `privkey.pem` on each node, for `certificate: folder`"),
    names: z
      .array(CertifiedName)
      .max(50)
      .default([])
      .describe(
        "DNS names that the certificate is for, also as `*.example.com`; one that is made is for the pair's addresses, and for `edge.domains` and the names below them, too; one in a folder has to be for these names, a given one too, or by default for all below `edge.domains`",
      ),
    serial: z
      .int()
      .min(1)
      .max(1_000_000)
      .default(1)
      .describe("another number renews a certificate that the stack has made"),
    redirect: z
      .boolean()
      .default(false)
      .describe("whether requests over HTTP are sent to HTTPS, with the status 308"),
    hstsS: z
      .int()
      .min(0)
      .max(63_072_000)
      .default(0)
      .describe(
        "`Strict-Transport-Security`: browsers use HTTPS alone for this long, s; 0: they are not told to",
      ),
  })
  .describe("HTTPS: TLS 1.2 and 1.3, HTTP/1.1 and HTTP/2");

/** Of one source address; a node counts them for all nodes of the pair. */
const Limits = z
  .strictObject({
    connections: z.int().min(1).max(100_000).default(200).describe("connections of one address at once"),
    connectionsIn10S: z
      .int()
      .min(1)
      .max(1_000_000)
      .default(400)
      .describe("new connections of one address in ten seconds; further ones are closed"),
    requestsIn10S: z
      .int()
      .min(1)
      .max(10_000_000)
      .default(3000)
      .describe("requests of one address in ten seconds; further ones get 429"),
    errorsIn10S: z
      .int()
      .min(1)
      .max(10_000_000)
      .default(500)
      .describe("answers of 4xx to one address in ten seconds; then it gets 429"),
    // HAProxy keeps the head of a request in one buffer (tune.bufsize less tune.maxrewrite).
    headerBytes: z
      .int()
      .min(1024)
      .max(15_000)
      .default(12_000)
      .describe("size of all headers of a request; a larger one gets 431, beyond 15 kB 400"),
    bodyBytes: z
      .int()
      .min(0)
      .max(2 ** 40)
      .default(104_857_600)
      .describe("`Content-Length` of a request; a larger one gets 413; 0: no limit"),
  })
  .describe("what one client may take");

export const Edge = z
  .strictObject({
    port: Port.default(8080).describe(
      "port of the virtual address for HTTP; `/stats` and `/healthz` are at the names that no route has",
    ),
    tls: Tls.prefault({}),
    domains: z
      .array(DnsName)
      .max(50)
      .default([])
      .describe(
        "domains of which a route without a dot is a label: the route `shop` is `shop.example.com` with the first of them",
      ),
    maxConnections: z
      .int()
      .min(10)
      .max(100_000)
      .default(4000)
      .describe("connections of the edge at once; they take no place of PostgreSQL's clients"),
    limits: Limits.prefault({}),
    allow: z
      .optional(z.array(ClientNetwork).min(1, "expected at least one network"))
      .describe("networks that the edge serves; default `firewall.clients`, on EC2 `ec2.application`"),
    deny: z
      .array(ClientNetwork)
      .max(1000)
      .default([])
      .describe("networks whose connections the edge closes, whatever `allow` says"),
    updates: z.optional(Updates),
    peersPort: Port.default(8406).describe(
      "port between the nodes, over which they tell each other whom they limit",
    ),
    connectTimeoutMs: Milliseconds.default(1000).describe(
      "time for one connection to a target, ms; a route's `retries` says how often it is tried",
    ),
    queueTimeoutMs: Milliseconds.default(5000).describe(
      "a request in a route's `queue` gets 503 after this time, ms",
    ),
    httpServerClose: z
      .boolean()
      .default(false)
      .describe(
        "whether a connection to a target ends with its answer (HAProxy's `option http-server-close`); otherwise it serves further requests, also of other clients",
      ),
    headTimeoutMs: Milliseconds.default(5000).describe(
      "a client has to send the head of its request within this time, ms",
    ),
    bodyTimeoutMs: Milliseconds.default(10_000).describe(
      "a client has to send the first 4 kB of a body of known length, or all of a smaller one, within this time, ms",
    ),
    idleTimeoutMs: Milliseconds.default(30_000).describe(
      "a client that is silent for this long, while it is to send or to read, is closed, ms",
    ),
  })
  .describe("HTTP and WebSocket through the pair");

export type Edge = z.output<typeof Edge>;
