import * as z from "zod";
import { Headers, headerBytes, mostHeaderBytes, mostHeaders } from "./headers.ts";
import { defaultRetries, mostRetries, replayedMethods, retryCauses } from "./retries.ts";

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

/** Agent of the routes that the config has: who asks the API changes none of them. */
export const configAgent = "config";

/** `http` or `https`, a host and an optional port; nothing else of a URL. */
export const TargetUrl = z
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

/** A path of a target as HAProxy's checks ask for it, in the alphabet of a URL (RFC 3986, 3.3) without its quotes. */
const CheckPath = z
  .string()
  .max(200, "expected at most 200 characters")
  .regex(/^\/[A-Za-z0-9._~/?&=%+-]*$/, "expected a path such as /health");

const TargetCheck = z.strictObject({
  path: CheckPath.describe("Answers 2xx or 3xx while the target is fit."),
  intervalMs: z.int().min(100).max(3_600_000).default(2000).describe("Time between two checks of a target."),
  fall: z.int().min(1).max(100).default(3).describe("So many failed checks take a target out."),
  rise: z.int().min(1).max(100).default(2).describe("So many good checks take it in again."),
});

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
  check: z
    .optional(TargetCheck)
    .describe(
      "`{path, intervalMs, fall, rise}`: HAProxy asks each target for the path every `intervalMs` (2000), takes it out after `fall` (3) failures and in again after `rise` (2) good answers. Absent: no checks.",
    ),
  queue: z
    .optional(z.int().min(1).max(100_000))
    .describe(
      "So many requests beyond `maxConnections` wait for a place, at most `edge.queueTimeoutMs`. Absent: they get 503 at once.",
    ),
  // Without a default: an agent of before there were these reads every route that has none of them.
  retries: z
    .optional(z.int().min(0).max(mostRetries))
    .describe(
      `So often a request is sent to the target again. Absent: ${defaultRetries}. With several targets, checks or a queue it is always 3, each to another target.`,
    ),
  retryOn: z
    .optional(z.enum(retryCauses))
    .describe(
      `What it is sent again after, each with those before it: \`conn-failure\`, nothing of it was sent (default); \`empty-response\`, no answer came (default with several targets, checks or a queue); \`all-retryable-errors\`, also no answer in time, none of HTTP, or 500, 502, 503, 504 (not with several targets). Only ${replayedMethods.join(", ")} after more than \`conn-failure\`.`,
    ),
  requestHeaders: z
    .optional(Headers)
    .describe(
      `Headers of requests to the target: \`{"X-Tenant": "a"}\` sets one in place of the client's, \`null\` removes it. At most ${mostHeaders}, with those of answers ${mostHeaderBytes} bytes.`,
    ),
  responseHeaders: z
    .optional(Headers)
    .describe("The same of the target's answers to clients, in place of the target's own."),
});
export type RouteOptions = z.output<typeof RouteOptions>;

/** Most targets of one route. */
export const mostTargets = 32;

/** A target's share of the requests; 0: no new ones. */
export const Weight = z.int().min(0).max(256).default(1);

const WeightedTarget = z.strictObject({
  url: TargetUrl.describe("its URL"),
  weight: Weight.describe("its share of the requests; 0: no new ones"),
});
export type WeightedTarget = z.output<typeof WeightedTarget>;

const RouteFields = z.strictObject({
  host: HostName.describe("the full name"),
  agent: AgentId,
  target: z.optional(TargetUrl).describe("where it leads: URL of http or https with a host and a port"),
  targets: z
    .optional(z.array(WeightedTarget).min(1).max(mostTargets))
    .describe("several targets, in place of `target`"),
  options: RouteOptions.prefault({}),
});

export const Route = RouteFields.superRefine(checkRoute);
export type Route = z.output<typeof Route>;
/** As a caller writes it, with the options that it wants. */
export type RouteInput = z.input<typeof Route>;

/** A route without its host, as a request has it whose path names that. */
export const RouteBody = RouteFields.omit({ host: true }).superRefine(checkRoute);

/** A route of the config. */
export const FixedRoute = RouteFields.omit({ agent: true })
  .extend({
    host: HostName.describe("its name; one without a dot is a label of the first of `edge.domains`"),
  })
  .superRefine(checkRoute);
export type FixedRoute = z.output<typeof FixedRoute>;

/** A route as the table has it. */
export const StoredRoute = z
  .strictObject({
    ...RouteFields.shape,
    /** Number of the change that made it what it is. */
    version: z.int().min(1),
  })
  .superRefine(checkRoute);
export type StoredRoute = z.output<typeof StoredRoute>;

type Targets = Pick<Route, "target" | "targets" | "options">;

/** Where a route leads, one target or several. */
export function targetsOf({
  target,
  targets = [],
}: Pick<Route, "target" | "targets">): readonly WeightedTarget[] {
  return target === undefined ? targets : [{ url: target, weight: 1 }];
}

/** Whether a route needs servers of HAProxy's own: several targets, checks or a queue. All others need its map alone. */
export function isBalanced({ targets = [], options }: Targets): boolean {
  return targets.length > 1 || options.check !== undefined || options.queue !== undefined;
}

function checkRoute(route: Targets, context: z.RefinementCtx): void {
  const say: Say = (message, ...path) => context.addIssue({ code: "custom", message, path: [...path] });
  checkTargets(route, say);
  checkRetries(route, say);
  const { requestHeaders, responseHeaders } = route.options;
  if (headerBytes(requestHeaders) + headerBytes(responseHeaders) > mostHeaderBytes)
    say(`all headers of a route have at most ${mostHeaderBytes} bytes`, "options", "requestHeaders");
}

type Say = (message: string, ...path: readonly (string | number)[]) => void;

function checkTargets({ target, targets, options }: Targets, say: Say): void {
  if ((target === undefined) === (targets === undefined))
    say("expected either target, a URL, or targets, a list of {url, weight}", "target");
  const urls = targets?.map(({ url }) => (URL.canParse(url) ? new URL(url).origin : url)) ?? [];
  for (const [place, url] of urls.entries())
    if (urls.indexOf(url) < place)
      say(`${url} is in the list already: give it a larger weight`, "targets", place, "url");
  if (targets?.every(({ weight }) => weight === 0)) say("has no target with a weight above 0", "targets");
  if (options.queue !== undefined && options.maxConnections === 0)
    say("needs maxConnections: without a limit no request has to wait", "options", "queue");
}

function checkRetries(route: Targets, say: Say): void {
  const { retries, retryOn } = route.options;
  if (retries === 0 && retryOn !== undefined)
    say("has no effect with retries: 0: remove one of them", "options", "retryOn");
  if (!isBalanced(route)) return;
  const what = "several targets, checks or a queue";
  if (retries !== undefined)
    say(
      `is that of a route with one target: with ${what} it is always 3, so remove it`,
      "options",
      "retries",
    );
  if (retryOn === "all-retryable-errors")
    say(
      `expected conn-failure or empty-response: with ${what} HAProxy has no backend for ${retryOn}`,
      "options",
      "retryOn",
    );
}

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
