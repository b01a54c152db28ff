import * as z from "zod";
import { Address, isHidden, longestMs, Milliseconds, Name, Port, Seconds } from "./fields.ts";

/** The egress part of a pair's config. Each default stands beside its key; `.describe` texts become the README's reference. */

const Target = z.url({
  protocol: /^https?$/,
  error: "expected an http:// or https:// address such as https://1.1.1.1",
});

const Server = z.strictObject({
  name: Name.describe("name of the proxy, as stats, logs and metrics show it"),
  address: Address.describe("address of its SOCKS5 listener"),
  port: Port.describe("port of its SOCKS5 listener; `hapair check PORT` identifies the proxy by it"),
  wireproxy: z
    .boolean()
    .default(false)
    .describe(
      "every node runs it itself, as `wireproxy@NAME.service` with the secret config `wireproxy.PAIR.NAME.NODE`",
    ),
});

const LastResort = z.strictObject({
  ...Server.shape,
  warp: z
    .boolean()
    .default(true)
    .describe("its exit has to be Cloudflare WARP: otherwise the proxy counts as degraded"),
});

const Check = z
  .strictObject({
    intervalMs: Milliseconds.default(450).describe("time between two of haproxy's own checks, ms"),
    timeoutMs: Milliseconds.default(400).describe("a check unanswered for this long has failed, ms"),
    fastIntervalMs: Milliseconds.default(100).describe("time to the next check after a failed one, ms"),
    fall: z.int().min(1).max(10).default(2).describe("failed checks in a row that take a proxy out"),
    rise: z.int().min(1).max(10).default(3).describe("good checks in a row that put it back in use"),
    closeSessions: z
      .boolean()
      .default(true)
      .describe(
        "haproxy closes the connections through a proxy that it takes out, also while the agent is down; with `false` only the agent closes them, once its own measurement has failed too: a dead target then ends no connection",
      ),
  })
  .describe("how haproxy itself finds out which proxies carry traffic; works without the agent");

const Probe = z
  .strictObject({
    intervalMs: Milliseconds.default(5000).describe("time between two measurements of a proxy, ms"),
    connectTimeoutMs: Milliseconds.default(1000).describe("time for the TCP connection to the proxy, ms"),
    requestTimeoutMs: Milliseconds.default(2000).describe("time for the request through the proxy, ms"),
  })
  .describe("how the agent measures the proxies");

const Hysteresis = z
  .strictObject({
    marginMs: z
      .int()
      .min(0)
      .max(longestMs)
      .default(50)
      .describe("a proxy has to be better by this much to be preferred, ms"),
    marginPercent: z
      .int()
      .min(0)
      .max(1000)
      .default(20)
      .describe("and by this share of the current one's latency, %"),
    rounds: z.int().min(1).max(100).default(3).describe("and in this many measurements in a row"),
    dwellS: Seconds.default(30).describe("a preference that still works stays at least this long, s"),
    holdDownS: Seconds.default(10).describe(
      "a proxy that failed is not preferred again for this long; doubles with each failure, s",
    ),
    maxHoldDownS: Seconds.default(300).describe(
      "upper limit of that doubling; this long without a failure resets it, s",
    ),
  })
  .describe("when the agent changes its preference");

const Group = z.strictObject({
  name: Name.describe("name of the group"),
  port: Port.default(7891).describe("port of the virtual address for SOCKS5 clients"),
  servers: z
    .array(Server)
    .min(1, "expected at least one server")
    .max(32)
    .describe("the WireGuard SOCKS5 proxies; until measurements say otherwise, the first usable one wins"),
  lastResorts: z
    .array(LastResort)
    .max(8)
    .default([])
    .describe(
      "Cloudflare WARP or others, used while none of `servers` carries traffic, or all that do are held down",
    ),
  essential: z
    .boolean()
    .default(false)
    .describe(
      "a node on which no proxy of this group works gives up the virtual address if a peer's proxies work",
    ),
  targets: z
    .array(Target)
    .min(1)
    .max(2)
    .default(["https://1.1.1.1", "https://9.9.9.9"])
    .describe(
      "pages that prove that a proxy carries traffic; the second is requested where the first fails, so that a dead site is not taken for a dead proxy",
    ),
  warpTrace: Target.default("https://1.1.1.1/cdn-cgi/trace").describe(
    "page that answers `warp=on` to a client that comes through WARP",
  ),
  check: Check.prefault({}),
  probe: Probe.prefault({}),
  hysteresis: Hysteresis.prefault({}),
  maxConnections: z.int().min(10).max(100_000).default(2000).describe("tunnels at once"),
  connectTimeoutMs: Milliseconds.default(1000).describe("time for one connection to a proxy, ms"),
  idleTimeoutS: Seconds.default(3600).describe("a tunnel silent for this long is closed, s"),
});

const Wireproxy = z.strictObject({
  binary: z
    .string()
    .regex(
      /^(\/[A-Za-z0-9_+-][A-Za-z0-9._+-]*)+$/,
      "expected an absolute path such as /usr/local/bin/wireproxy, of letters, digits, dots, dashes and underscores",
    )
    .refine((path) => !isHidden(path), {
      error: "is in a folder that the unit does not see: put the program below /usr/local or /opt",
    })
    // PATH_MAX of Linux, without the final zero byte.
    .max(4095)
    .default("/usr/local/bin/wireproxy")
    .describe("path of your wireproxy on every node; hapair does not install it"),
});

/** Where the agent answers on a node of a pair without egress, too. */
export const defaultMetricsPort = 8405;

export const Egress = z
  .strictObject({
    groups: z.array(Group).min(1, "expected at least one group").describe("each with a port of its own"),
    wireproxy: Wireproxy.prefault({}),
    statsPort: Port.default(8091).describe("stats page on each node's loopback: `/haproxy?stats`"),
    metricsPort: Port.default(defaultMetricsPort).describe(
      "the agent's `/metrics` and `/egress`, on loopback and the node's address",
    ),
    moveVip: z
      .boolean()
      .default(true)
      .describe("whether an essential group without any working proxy moves the virtual address"),
    ca: z
      .optional(z.string().regex(/^-----BEGIN CERTIFICATE-----/, "expected a PEM certificate"))
      .describe("further certificate authority of the targets, PEM; default only the host's own store"),
  })
  .describe("SOCKS5 egress through the pair");

export type Egress = z.output<typeof Egress>;
export type EgressGroup = Egress["groups"][number];
