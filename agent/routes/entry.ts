import { isIPv4 } from "node:net";
import type { Headers } from "../../contract/routes/headers.ts";
import { defaultRetries, retryClassOf } from "../../contract/routes/retries.ts";
import { HostName, isBalanced, type Route, targetsOf } from "../../contract/routes/route.ts";

/**
 * What haproxy's map has for a host name:
 * `kind|address|port|sni|host header|responseMs|tunnelMs|maxConnections|breakerFailures|flags`, and then
 * `|backend|retries|request headers|answer headers` without the empty ones at the end.
 *
 * `kind` names the server: `plain`, `tls`, `tls-unverified`, or `none` where no address of the target is known or may be
 * used, so that the route leads nowhere. `flags` has `w` where a request may become a WebSocket, and `r` where it may be sent
 * again although the target may have seen it. `backend` is the number of the backend of a route with servers of its own;
 * its address and port count while a worker that has just begun has none of its servers, or all of them are down. `retries`
 * is the class of retries, empty for the default. Headers are base64url of lines `name value`, or `name` for one to remove.
 */
const entry =
  /^(?:(?:plain|tls|tls-unverified)\|(?:\d{1,3}\.){3}\d{1,3}\|\d{1,5}|none\|\|0)\|[a-z0-9.-]{0,253}\|[A-Za-z0-9.:-]{0,259}\|\d{1,8}\|\d{1,8}\|\d{1,6}\|\d{1,5}\|w?r?(?:\|(?:\d{1,2})?(?:\|(?:\d(?:-all)?)?(?:\|[A-Za-z0-9_-]{0,3000}){0,2})?)?$/;

/** Where a route leads: a name or an IPv4 address, and a port. */
export interface Target {
  readonly host: string;
  readonly port: number;
  readonly isTls: boolean;
}

/** @param url as the schema of routes has it */
export function targetOf(url: string): Target {
  const { protocol, hostname, port } = new URL(url);
  const isTls = protocol === "https:";
  return { host: hostname, port: port === "" ? (isTls ? 443 : 80) : Number(port), isTls };
}

/** Hosts of a route's targets: names or IPv4 addresses. */
export function targetHosts(route: Pick<Route, "target" | "targets">): readonly string[] {
  return targetsOf(route).map(({ url }) => targetOf(url).host);
}

/** The IPv4 address of a target's host; null where none is known or allowed. */
export type AddressOf = (host: string) => string | null;

/** @param backend number of the backend that has the route's servers; undefined where it needs none */
export function entryOf(route: Route, addressOf: AddressOf, backend?: number): string {
  const { options } = route;
  const { target, address } = leadOf(route, addressOf);
  const { host, port, isTls } = target;
  const leadsTo =
    address === null
      ? ["none", "", 0]
      : [isTls ? (options.verify ? "tls" : "tls-unverified") : "plain", address, port];
  const retries = retryClassOf(options);
  const further = [
    backend ?? "",
    retries === String(defaultRetries) ? "" : retries,
    headerField(options.requestHeaders),
    headerField(options.responseHeaders),
  ];
  return [
    ...leadsTo,
    isTls ? serverNameOf(host, options) : "",
    options.hostHeader ?? "",
    options.responseTimeoutMs,
    options.tunnelTimeoutMs,
    options.maxConnections + (options.queue ?? 0),
    options.breakerFailures,
    `${options.websocket ? "w" : ""}${isReplayed(route) ? "r" : ""}`,
    ...further.slice(0, further.findLastIndex((field) => field !== "") + 1),
  ].join("|");
}

function headerField(headers: Headers = {}): string {
  const lines = Object.entries(headers).map(([name, value]) => {
    const shown = name.toLowerCase();
    return value === null ? shown : `${shown} ${value}`;
  });
  return Buffer.from(lines.join("\n"), "latin1").toString("base64url");
}

/** Whether a request may be sent again that the target may have seen. */
function isReplayed(route: Route): boolean {
  const { retryOn = isBalanced(route) ? "empty-response" : "conn-failure" } = route.options;
  return retryOn !== "conn-failure";
}

/** The first target that gets requests and has an address. */
function leadOf(
  route: Route,
  addressOf: AddressOf,
): { readonly target: Target; readonly address: string | null } {
  const targets = targetsOf(route)
    .filter(({ weight }) => weight > 0)
    .map(({ url }) => ({ target: targetOf(url), address: addressOf(targetOf(url).host) }));
  const lead = targets.find(({ address }) => address !== null) ?? targets[0];
  if (lead === undefined) throw new Error(`the route ${route.host} has no target: its schema requires one`);
  return lead;
}

/**
 * The name that the target's certificate is checked for. haproxy checks none where it sends none, so an address stands
 * here too: no certificate then fits but one with that name, and the caller gives the name or says `verify: false`.
 */
export function serverNameOf(host: string, { serverName, verify }: Route["options"]): string {
  return serverName ?? (isIPv4(host) && !verify ? "" : host);
}

/** Whether haproxy can read this as one line of its map, and nothing else. */
export function isEntry(host: string, value: string): boolean {
  return HostName.safeParse(host).success && entry.test(value);
}
