import fc from "fast-check";
import type { LogRecord } from "../../../../agent/routes/log/record.ts";
import type { NumberedChange, Snapshot } from "../../../../agent/routes/store/store.ts";
import { Route, type RouteInput, type StoredRoute } from "../../../../contract/routes/route.ts";
import type { RoutesConfig } from "../../../../contract/routesConfig.ts";

/** A route with its defaults. */
export function routeTo(target: string, rest: Partial<RouteInput> = {}): Route {
  return Route.parse({ host: "shop.example.com", agent: "a1", target, ...rest });
}

/** A route of which some parts matter. */
export function routeWith(parts: Partial<RouteInput>): Route {
  return Route.parse({ host: "shop.example.com", agent: "a1", ...parts });
}

export function stored(host: string, version: number, target = "http://10.0.9.5:3000"): StoredRoute {
  return { ...routeTo(target, { host }), version };
}

/** A transaction of puts (host and target) and removals (host alone), as the store numbers it. */
export function transaction(
  after: number,
  ...changes: readonly (readonly [host: string, target?: string | undefined])[]
): NumberedChange[] {
  return changes.map(([host, target], index) => ({
    version: after + index + 1,
    mark: `m${after + index + 1}`,
    transaction: after + changes.length,
    host,
    route: target === undefined ? null : routeTo(target, { host }),
  }));
}

export const recordsOf = (changes: readonly NumberedChange[]): LogRecord[] =>
  changes.map((change) => ({ is: "change", ...change }));

const host = fc.constantFrom("a.test", "b.test", "c.test", "d.test");
const target = fc.constantFrom("http://10.0.9.5:3000", "https://app.example.com", "http://10.0.9.6");
const changesOfOne = fc.uniqueArray(fc.tuple(host, fc.option(target, { nil: undefined })), {
  selector: ([name]) => name,
  minLength: 1,
  maxLength: 3,
});

export interface History {
  readonly beginning: Snapshot;
  readonly transactions: readonly (readonly NumberedChange[])[];
}

/** A table and the transactions since. */
export const histories: fc.Arbitrary<History> = fc
  .tuple(
    fc.integer({ min: 0, max: 50 }),
    fc.uniqueArray(host, { maxLength: 4 }),
    fc.array(changesOfOne, { maxLength: 5 }),
  )
  .map(([version, hosts, all]) => {
    let last = version + hosts.length;
    return {
      beginning: {
        version: last,
        mark: `m${last}`,
        routes: hosts.map((name, index) => stored(name, version + index + 1)),
      },
      transactions: all.map((changes) => {
        const numbered = transaction(last, ...changes);
        last += numbered.length;
        return numbered;
      }),
    };
  });

/** A node's config of routes whose files are in a folder. */
export function routesConfig(folder: string): RoutesConfig {
  return {
    host: "haproxy1",
    pair: "main",
    listen: { address: "127.0.0.1", port: 8407 },
    certificateFile: `${folder}/api.pem`,
    keyFile: `${folder}/api.key`,
    peers: ["haproxy2"],
    runtimeSocket: `${folder}/haproxy.sock`,
    mapFile: `${folder}/routes.map`,
    probe: { address: "127.0.0.1", port: 8409, header: "x-hapair-probe" },
    balanced: { drainS: 600, authorities: "/etc/ssl/certs/ca-certificates.crt" },
    folder: `${folder}/routes`,
    fixed: [],
    domains: ["example.com"],
    ownAddresses: ["10.0.1.11", "10.0.1.12", "10.0.1.100"],
    deniedTargets: [],
    allowedTargets: [],
    require: "reachable",
    peerDeadlineMs: 1000,
    breaker: { failures: 5, resetMs: 10_000 },
    database: { host: "10.0.1.11", port: 5432, database: "app", user: "hapair_routes", password: "secret" },
    tokens: [],
    adminKeySha256: "0".repeat(64),
  };
}
