import * as z from "zod";

/** A route: a host name of the edge that leads to a target. The same for REST, client, commands and the disk. */

/** One label of a host name (RFC 1123, 2.1), in lower case. */
const label = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?";

/** The name that a client asks the edge for. */
export const HostName = z
  .string()
  .max(253, "expected at most 253 characters")
  .regex(
    new RegExp(`^${label}(?:\\.${label})*$`),
    "expected a host name in lower case such as shop or shop.example.com: letters, digits and dashes",
  );

/** Who owns a route. Another agent cannot change it. */
export const AgentId = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
    "expected at most 64 letters, digits, dots, dashes and underscores",
  );

/** `http` or `https`, a host and an optional port; nothing else of a URL. */
const TargetUrl = z
  .string()
  .max(300, "expected at most 300 characters")
  .superRefine((text, context) => {
    const problem = targetProblem(text);
    if (problem !== undefined) context.addIssue({ code: "custom", message: problem });
  });

/** Most that a timeout of a route may be, ms: a day. */
const longestMs = 86_400_000;
/** A value of `Host` (RFC 9110, 7.2). It stands in a line of HAProxy's map, so no other character may be in it. */
const HostHeader = z
  .string()
  .max(259, "expected at most 259 characters")
  .regex(
    /^[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::[0-9]{1,5})?$/,
    "expected a host name and an optional port",
  );

export const RouteOptions = z.strictObject({
  responseTimeoutMs: z
    .int()
    .min(10)
    .max(longestMs)
    .default(30_000)
    .describe("The target is silent for this long after a request: 504."),
  tunnelTimeoutMs: z
    .int()
    .min(10)
    .max(longestMs)
    .default(3_600_000)
    .describe("A WebSocket or another tunnel is silent for this long: it is closed."),
  maxConnections: z
    .int()
    .min(0)
    .max(100_000)
    .default(0)
    .describe("Requests at once on each node; further ones get 503. 0: no limit."),
  websocket: z.boolean().default(true).describe("Whether a request may become a WebSocket."),
  hostHeader: z.optional(HostHeader).describe("`Host` that the target sees; absent: the client's."),
  serverName: z
    .optional(HostName)
    .describe("Name in the target's certificate, for `https`; absent: the host of the target."),
  verify: z.boolean().default(true).describe("Whether the target's certificate is checked, for `https`."),
  breakerFailures: z
    .int()
    .min(0)
    .max(10_000)
    .default(50)
    .describe(
      "So many failed answers (5xx, or none) within ten seconds open the route's circuit: 503. 0: never.",
    ),
});
export type RouteOptions = z.output<typeof RouteOptions>;

export const Route = z.strictObject({
  /** The full name. */
  host: HostName,
  agent: AgentId,
  target: TargetUrl,
  options: RouteOptions.prefault({}),
});
export type Route = z.output<typeof Route>;
/** As a caller writes it, with the options that it wants. */
export type RouteInput = z.input<typeof Route>;

/** A route as the table has it. */
export const StoredRoute = z.strictObject({
  ...Route.shape,
  /** Number of the change that made it what it is. */
  version: z.int().min(1),
});
export type StoredRoute = z.output<typeof StoredRoute>;

/** A host name in full: one without a dot is a label of the first of the pair's domains, where it has one. */
export function fullName(host: string, domains: readonly string[]): string {
  const [domain] = domains;
  return host.includes(".") || domain === undefined ? host : `${host}.${domain}`;
}

/** What is wrong with a target's URL. */
function targetProblem(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol))
    return "expected http:// or https://, a host and a port, such as http://10.0.9.5:3000";
  if (url.username !== "" || url.password !== "") return "has a user or a password: a target has none";
  if (url.search !== "" || url.hash !== "" || url.pathname !== "/")
    return "has a path, a query or a fragment: the client's own is sent to the target";
  if (url.port === "0") return "has port 0";
  if (url.hostname.startsWith("[")) return "has an IPv6 address: targets are reached over IPv4";
  if (!HostName.safeParse(url.hostname).success) return "has a host that is no host name";
  // A URL's parser drops line ends and tabs, and decodes what is encoded: whoever reads the text must see the same target.
  return /^https?:\/\/[a-z0-9.-]+(?::[0-9]{1,5})?\/?$/i.test(text)
    ? undefined
    : "has other characters than letters, digits, dots and dashes in its host";
}
