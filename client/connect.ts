import { randomUUID } from "node:crypto";
import { RouteError } from "./error.ts";
import { askUntil } from "./retry.ts";
import { type Exchange, overSocket, overTls } from "./transport.ts";
import type {
  Change,
  RouteInput,
  RouteList,
  StoredRoute,
  SystemHealth,
  TransactionResult,
  UpdatesHealth,
  WeightedTargetInput,
} from "./types.ts";

const defaultDeadlineMs = 10_000;

/** Where the API is, and who asks. */
export type ConnectOptions = (
  | {
      /** Such as `https://10.0.1.100:8407`: the pair's virtual address, so that another node answers after a failover. */
      readonly url: string;
      readonly token: string;
      /** Certificates (PEM) of the authority that has signed the API's: the stack's output `routesAuthority`. */
      readonly ca: string;
      /** The nodes' own URLs, asked in turn where `url` does not answer. */
      readonly nodes?: readonly string[];
      /** Name or address to find in the certificate, where that is not the URL's host: behind a forwarded port. */
      readonly serverName?: string;
    }
  | {
      /** The API's Unix socket, for root on a node. */
      readonly socket: string;
    }
) & {
  /** Until a request without an answer fails, tries together, ms; default 10,000. */
  readonly deadlineMs?: number;
};

export interface RequestOptions {
  /** In place of the connection's, ms. */
  readonly deadlineMs?: number;
}

export interface ChangeOptions extends RequestOptions {
  /** Version of the list that the caller has read: where another one has changed the routes since, nothing is made. */
  readonly ifVersion?: number;
  /** Each new target has to accept a connection through HAProxy before it is served. */
  readonly probe?: boolean;
  /** Answers what would change, and changes nothing. */
  readonly dryRun?: boolean;
  /** By default a new one for each call: give your own where a call that failed may be repeated by another process. */
  readonly idempotencyKey?: string;
}

/** Every method rejects with a RouteError. */
export interface Routes {
  /**
   * Has a host name lead to a target, or to several. When it resolves, the route is on disk and served by all nodes in
   * `appliedOn`.
   * @param subdomain a label of the pair's first domain, or a full host name
   */
  addHttpRoute(
    agentId: string,
    subdomain: string,
    targetUrl: string | readonly WeightedTargetInput[],
    options?: RouteInput["options"],
    request?: ChangeOptions,
  ): Promise<TransactionResult>;
  removeHttpRoute(agentId: string, subdomain: string, request?: ChangeOptions): Promise<TransactionResult>;
  /** All routes, or those of one agent. */
  listRoutes(agentId?: string, request?: RequestOptions): Promise<RouteList>;
  showRoute(host: string, request?: RequestOptions): Promise<StoredRoute>;
  /** Makes all of the changes, or none. */
  transaction(changes: readonly Change[], options?: ChangeOptions): Promise<TransactionResult>;
  health(request?: RequestOptions): Promise<SystemHealth>;
  /** Has the node that answers follow the list of its updates service that is in doubt. */
  confirmNodes(request?: RequestOptions): Promise<UpdatesHealth>;
}

/** Opens no connection yet. Throws a RouteError where an option is wrong. */
export function connect(options: ConnectOptions): Routes {
  const nodes = exchangesOf(options);
  const headers: Record<string, string> =
    "token" in options ? { authorization: `Bearer ${options.token}` } : {};

  async function ask<Answer>(
    method: string,
    path: string,
    { deadlineMs = options.deadlineMs ?? defaultDeadlineMs }: RequestOptions = {},
    change?: { readonly body: object; readonly key: string },
  ): Promise<Answer> {
    const body = change && JSON.stringify(change.body);
    const sent = {
      method,
      path,
      headers: {
        ...headers,
        ...(body !== undefined && {
          "content-type": "application/json",
          "content-length": String(Buffer.byteLength(body)),
        }),
        ...(change && { "idempotency-key": change.key }),
      },
      ...(body !== undefined && { body }),
    };
    return (await askUntil(nodes, sent, deadlineMs)) as Answer;
  }

  function transaction(changes: readonly Change[], given: ChangeOptions = {}): Promise<TransactionResult> {
    const { deadlineMs, idempotencyKey: key = randomUUID(), ...conditions } = given;
    const request = deadlineMs === undefined ? {} : { deadlineMs };
    return ask("POST", "/api/transactions", request, { body: { changes, ...conditions }, key });
  }

  return {
    addHttpRoute: (agent, host, target, options = {}, request) => {
      const leadsTo = typeof target === "string" ? { target } : { targets: [...target] };
      return transaction([{ do: "put", route: { host, agent, ...leadsTo, options } }], request);
    },
    removeHttpRoute: (agent, host, request) => transaction([{ do: "remove", host, agent }], request),
    listRoutes: (agent, request) =>
      ask("GET", `/api/routes${agent === undefined ? "" : `?agent=${encodeURIComponent(agent)}`}`, request),
    showRoute: (host, request) => ask("GET", `/api/routes/${encodeURIComponent(host)}`, request),
    transaction,
    health: (request) => ask("GET", "/api/health/system", request),
    confirmNodes: (request) => ask("POST", "/api/updates/confirm", request),
  };
}

function exchangesOf(options: ConnectOptions): readonly Exchange[] {
  if ("socket" in options) return [overSocket(options.socket)];
  const { url, nodes = [], ca, token, serverName } = options;
  if (!/^[\x21-\x7e]+$/.test(token)) throw new RouteError("bad-token", "the token is empty or has spaces");
  if (!ca.includes("-----BEGIN CERTIFICATE-----"))
    throw new RouteError(
      "bad-request",
      "ca is not a certificate in PEM: take the stack's output routesAuthority",
      {
        field: "ca",
      },
    );
  return [url, ...nodes].map((text) => {
    const parsed = URL.canParse(text) ? new URL(text) : undefined;
    if (parsed?.protocol !== "https:")
      throw new RouteError(
        "bad-request",
        `${JSON.stringify(text)} is no https:// URL such as https://10.0.1.100:8407`,
        {
          field: "url",
        },
      );
    return overTls(parsed, ca, serverName);
  });
}
