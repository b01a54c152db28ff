import { isIPv4 } from "node:net";
import { HostName, type Route } from "../../contract/routes/route.ts";

/**
 * What haproxy's map has for a host name:
 * `kind|address|port|sni|host header|responseMs|tunnelMs|maxConnections|breakerFailures|flags`.
 *
 * `kind` names the backend: `plain`, `tls`, `tls-unverified`, or `none` where no address of the target is known or may be
 * used, so that the route leads nowhere. `flags` is `w` where a request may become a WebSocket, otherwise empty.
 */
const entry =
  /^(?:(?:plain|tls|tls-unverified)\|(?:\d{1,3}\.){3}\d{1,3}\|\d{1,5}|none\|\|0)\|[a-z0-9.-]{0,253}\|[A-Za-z0-9.:-]{0,259}\|\d{1,8}\|\d{1,8}\|\d{1,6}\|\d{1,5}\|w?$/;

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

/** @param address IPv4 address of the target; null where none is known or allowed */
export function entryOf({ target, options }: Route, address: string | null): string {
  const { host, port, isTls } = targetOf(target);
  const leadsTo =
    address === null
      ? ["none", "", 0]
      : [isTls ? (options.verify ? "tls" : "tls-unverified") : "plain", address, port];
  return [
    ...leadsTo,
    isTls ? serverNameOf(host, options) : "",
    options.hostHeader ?? "",
    options.responseTimeoutMs,
    options.tunnelTimeoutMs,
    options.maxConnections,
    options.breakerFailures,
    options.websocket ? "w" : "",
  ].join("|");
}

/**
 * The name that the target's certificate is checked for. haproxy checks none where it sends none, so an address stands
 * here too: no certificate then fits but one with that name, and the caller gives the name or says `verify: false`.
 */
function serverNameOf(host: string, { serverName, verify }: Route["options"]): string {
  return serverName ?? (isIPv4(host) && !verify ? "" : host);
}

/** Whether haproxy can read this as one line of its map, and nothing else. */
export function isEntry(host: string, value: string): boolean {
  return HostName.safeParse(host).success && entry.test(value);
}
