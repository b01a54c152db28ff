import { createHash } from "node:crypto";
import { type Route, targetsOf } from "../../../contract/routes/route.ts";
import { type AddressOf, serverNameOf, targetOf } from "../entry.ts";

/** A server of HAProxy's as a route wants it. */
export interface WantedServer {
  /** Another one where the keywords differ: of a server that is there, only weight and limit can be changed. */
  readonly name: string;
  /** Address, port, and what `add server` takes beside weight and limit. */
  readonly keywords: string;
  readonly weight: number;
  /** Requests at once; 0: no limit. */
  readonly limit: number;
  readonly isChecked: boolean;
}

export interface WantedBackend {
  /** What checks ask for, and the host that they name; null where the route has none. */
  readonly check: { readonly path: string; readonly host: string } | null;
  readonly servers: ReadonlyMap<string, WantedServer>;
}

/** So many failed answers in a row, of clients' requests, take a server out until its check succeeds again. */
const errorLimit = 10;
/** HAProxy's largest weight. */
const mostWeight = 256;

/**
 * The backends, by their numbers, of the routes that have one. A target without an address has no server.
 * @param authorities file with the authorities of targets
 */
export function wantedBackends(
  routes: ReadonlyMap<string, Route>,
  numbers: ReadonlyMap<string, number>,
  addressOf: AddressOf,
  authorities: string,
): ReadonlyMap<number, WantedBackend> {
  const wanted = new Map<number, WantedBackend>();
  for (const [host, number] of numbers) {
    const route = routes.get(host);
    if (route !== undefined) wanted.set(number, wantedBackend(route, addressOf, authorities));
  }
  return wanted;
}

/** The same of one route. */
export function wantedBackend(route: Route, addressOf: AddressOf, authorities: string): WantedBackend {
  const { check, hostHeader, maxConnections, queue } = route.options;
  const targets = targetsOf(route);
  const sum = targets.reduce((total, { weight }) => total + weight, 0);
  const servers = new Map<string, WantedServer>();
  for (const { url, weight } of targets) {
    const { host } = targetOf(url);
    const address = addressOf(host);
    if (address === null) continue;
    const keywords = keywordsOf(route, url, address, authorities);
    const name = nameOf(keywords);
    // Two names may have one address.
    const before = servers.get(name)?.weight ?? 0;
    const all = Math.min(before + weight, mostWeight);
    const limit =
      queue === undefined ? 0 : Math.max(1, Math.ceil((maxConnections * (before + weight)) / sum));
    servers.set(name, { name, keywords, weight: all, limit, isChecked: check !== undefined });
  }
  return {
    check: check === undefined ? null : { path: check.path, host: hostHeader ?? route.host },
    servers,
  };
}

function keywordsOf({ options }: Route, url: string, address: string, authorities: string): string {
  const { host, port, isTls } = targetOf(url);
  const { check, verify } = options;
  const serverName = isTls ? serverNameOf(host, options) : "";
  return [
    `${address}:${port}`,
    ...(isTls
      ? ["ssl", "no-ssl-reuse", ...(verify ? ["verify required", `ca-file ${authorities}`] : ["verify none"])]
      : []),
    ...(serverName === "" ? [] : [`sni str(${serverName})`]),
    ...(check === undefined
      ? []
      : [
          `check inter ${check.intervalMs}ms fall ${check.fall} rise ${check.rise}`,
          `observe layer7 error-limit ${errorLimit} on-error mark-down`,
          ...(isTls ? ["check-ssl"] : []),
          ...(serverName === "" ? [] : [`check-sni ${serverName}`]),
        ]),
  ].join(" ");
}

/** Address and port are for whoever reads HAProxy's pages. */
function nameOf(keywords: string): string {
  const digest = createHash("sha256").update(keywords).digest("hex").slice(0, 6);
  return `${keywords.split(" ", 1)[0]}-${digest}`;
}
