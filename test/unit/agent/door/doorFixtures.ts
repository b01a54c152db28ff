import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { type Agent, request as httpsRequest } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Registry } from "prom-client";
import { type Log, openLog } from "../../../../agent/daemon/log.ts";
import { openAudit } from "../../../../agent/routes/door/audit.ts";
import { type Door, openDoor } from "../../../../agent/routes/door/door.ts";
import type { Handlers } from "../../../../agent/routes/door/handlers.ts";
import { openDoorMetrics } from "../../../../agent/routes/door/metrics.ts";
import { openApiDocument } from "../../../../agent/routes/door/openapi.ts";
import { routeHandlers } from "../../../../agent/routes/door/routeHandlers.ts";
import type { RouteNode } from "../../../../agent/routes/node.ts";
import { RouteProblem } from "../../../../agent/routes/problem.ts";
import type { Asker, RouteWriter } from "../../../../agent/routes/writer/write.ts";
import type { Difference, Transaction, TransactionResult } from "../../../../contract/routes/change.ts";
import type { RouteEvent } from "../../../../contract/routes/event.ts";
import { fullName, type StoredRoute } from "../../../../contract/routes/route.ts";
import { localSocketName, type RoutesConfig } from "../../../../contract/routesConfig.ts";
import { signed } from "../../../harness/certificates.ts";
import { freePort } from "../../../harness/freePort.ts";

/** The API over real TLS on loopback, in front of a table in memory. */

export const authority = signed("authority");
export const tokens = { reader: "r".repeat(40), writer: "w".repeat(40), admin: "a".repeat(40) };
export const adminKey = "k".repeat(40);
export const domain = "example.com";

/** A node and its writer, in memory: changes of another agent's host are refused. */
export class TableInMemory implements RouteNode, RouteWriter {
  readonly name = "haproxy1";
  readonly asked: { readonly transaction: Transaction; readonly asker: Asker }[] = [];
  private readonly stored = new Map<string, StoredRoute>();
  private readonly listeners = new Set<(event: RouteEvent) => void>();
  private version = 0;
  /** In place of a change. */
  fails: (() => Promise<never>) | undefined;

  begun() {
    return Promise.resolve();
  }

  table() {
    return { version: this.version, routes: this.stored };
  }

  async write(transaction: Transaction, asker: Asker): Promise<TransactionResult> {
    this.asked.push({ transaction, asker });
    await this.fails?.();
    const changes = transaction.changes.map((change): Difference => {
      const host = fullName(change.do === "put" ? change.route.host : change.host, [domain]);
      const before = this.stored.get(host);
      const agent = change.do === "put" ? change.route.agent : change.agent;
      if (before !== undefined && before.agent !== agent)
        throw new RouteProblem("taken", `${host} is a route of ${before.agent}`, "host");
      return {
        host,
        ...(before && { before }),
        ...(change.do === "put" && { after: { ...change.route, host } }),
      };
    });
    if (transaction.dryRun) return { version: this.version, appliedOn: [], pendingOn: [], changes };
    for (const { host, after } of changes) {
      this.version += 1;
      if (after === undefined) this.stored.delete(host);
      else this.stored.set(host, { ...after, version: this.version });
      this.tell({
        type: "routes",
        at: new Date().toISOString(),
        version: this.version,
        changes: [{ host, route: after ?? null }],
      });
    }
    return { version: this.version, appliedOn: [this.name, "haproxy2"], pendingOn: [], changes };
  }

  tell(event: RouteEvent): void {
    for (const listener of this.listeners) listener(event);
  }

  onChange(listener: (event: RouteEvent) => void) {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  circuit() {
    const lastStateChange = "2026-01-01T00:00:00.000Z";
    return {
      state: "CLOSED",
      failureCount: 0,
      failureThreshold: 5,
      lastStateChange,
      lastFailure: null,
    } as const;
  }

  problem() {
    return { haproxy: null, store: null };
  }

  rehearse = async () => null;
  appliedUpTo = async () => true;
  peerUpTo = async () => true;
  probe = async () => null;
}

export interface Served extends Disposable {
  readonly table: TableInMemory;
  readonly door: Door;
  readonly port: number;
  readonly config: RoutesConfig;
  readonly socket: string;
  /** Lines of the journal. */
  readonly journal: readonly string[];
}

export async function served(
  more: {
    readonly config?: Partial<RoutesConfig>;
    readonly health?: Partial<Handlers>;
    /** The files of the certificate are there, and empty. */
    readonly hasNoCertificate?: true;
  } = {},
): Promise<Served> {
  const folder = mkdtempSync(join(tmpdir(), "hapair-door-"));
  const port = await freePort();
  const journal: string[] = [];
  const log: Log = openLog((line) => journal.push(line));
  const config = { ...configIn(folder, port), ...more.config };
  writeCertificate(
    config,
    more.hasNoCertificate ? { certificate: "", key: "" } : signed("door", authority, "IP:127.0.0.1"),
  );
  const table = new TableInMemory();
  const unanswered = () => {
    throw new RouteProblem("not-found", "not in this test");
  };
  const door = openDoor({
    config,
    handlers: {
      ...routeHandlers({ node: table, writer: table, audit: openAudit(log), domains: [domain] }),
      openApi: () => ({ body: openApiDocument() }),
      ...{ systemHealth: unanswered, haproxyHealth: unanswered, databaseHealth: unanswered },
      ...{ haproxyStats: unanswered, validateHaproxy: unanswered, recoverHaproxy: unanswered },
      confirmNodes: unanswered,
      ...more.health,
    },
    subscribe: (listener) => table.onChange(listener),
    version: () => table.table().version,
    metrics: openDoorMetrics(new Registry(), () => 0),
    log,
  });
  const socket = join(folder, localSocketName);
  await answers(more.hasNoCertificate ? { socketPath: socket } : { port });
  return {
    ...{ table, door, port, config, journal, socket },
    [Symbol.dispose]: () => {
      door.close();
      rmSync(folder, { recursive: true });
    },
  };
}

export function configIn(folder: string, port: number): RoutesConfig {
  const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
  const none = { host: "", port: 1, database: "", user: "", password: "" };
  mkdirSync(folder, { recursive: true });
  return {
    host: "haproxy1",
    pair: "main",
    listen: { address: "127.0.0.1", port },
    certificateFile: join(folder, "api.crt"),
    keyFile: join(folder, "api.key"),
    peers: ["haproxy2"],
    runtimeSocket: join(folder, "operator.sock"),
    mapFile: "/var/lib/hapair-maps/routes.map",
    probe: { address: "127.0.0.1", port: 1, header: "x-probe" },
    balanced: { drainS: 600, authorities: "" },
    folder,
    fixed: [],
    domains: [domain],
    ownAddresses: [],
    deniedTargets: [],
    allowedTargets: [],
    require: "reachable",
    peerDeadlineMs: 1000,
    breaker: { failures: 5, resetMs: 10_000 },
    database: none,
    tokens: [
      { name: "dashboard", role: "read", sha256: sha256(tokens.reader) },
      { name: "app", role: "routes", sha256: sha256(tokens.writer) },
      { name: "operator", role: "admin", sha256: sha256(tokens.admin) },
    ],
    adminKeySha256: sha256(adminKey),
  };
}

export function writeCertificate(
  { certificateFile, keyFile }: Pick<RoutesConfig, "certificateFile" | "keyFile">,
  { certificate, key }: { readonly certificate: string; readonly key: string },
): void {
  writeFileSync(certificateFile, certificate);
  writeFileSync(keyFile, key);
}

export interface Answered {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: { readonly [key: string]: unknown };
}

export interface Asking {
  readonly method?: string;
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** JSON, or a text as it is. */
  readonly body?: unknown;
  readonly agent?: Agent;
}

/** One request over TLS, or over the Unix socket where that is given. */
export function ask(
  where: { readonly port: number; readonly host?: string } | { readonly socketPath: string },
  path: string,
  { method = "GET", token, headers = {}, body, agent }: Asking = {},
): Promise<Answered> {
  const text = body === undefined || typeof body === "string" ? body : JSON.stringify(body);
  const send = "port" in where ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const request = send(
      {
        ...("port" in where
          ? { host: where.host ?? "127.0.0.1", port: where.port, ca: authority.certificate }
          : where),
        ...{ path, method, agent: agent ?? false },
        headers: { ...(token && { authorization: `Bearer ${token}` }), ...headers },
      },
      (response) => {
        let answer = "";
        response.setEncoding("utf8").on("data", (part: string) => {
          answer += part;
        });
        response.on("end", () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: answer === "" ? {} : JSON.parse(answer),
          }),
        );
      },
    );
    request.on("error", reject);
    request.end(text);
  });
}

async function answers(where: Parameters<typeof ask>[0]): Promise<void> {
  for (let left = 100; ; left -= 1)
    try {
      await ask(where, "/api/openapi.json");
      return;
    } catch (error) {
      if (left === 0) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
}
