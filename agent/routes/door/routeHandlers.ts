import type { Transaction, TransactionResult } from "../../../contract/routes/change.ts";
import { configAgent, fullName, type StoredRoute } from "../../../contract/routes/route.ts";
import { updatesAgent } from "../../../contract/updates/config.ts";
import type { RouteNode } from "../node.ts";
import { RouteProblem, TakenBack } from "../problem.ts";
import type { RouteWriter } from "../writer/write.ts";
import type { Audit, Origin } from "./audit.ts";
import type { Handlers, Told } from "./handlers.ts";

interface Behind {
  readonly node: RouteNode;
  readonly writer: RouteWriter;
  readonly audit: Audit;
  /** The pair's domains. */
  readonly domains: readonly string[];
}

interface Conditions {
  readonly "if-match"?: string;
  readonly "idempotency-key"?: string;
}

export function routeHandlers({
  node,
  writer,
  audit,
  domains,
}: Behind): Pick<Handlers, "listRoutes" | "showRoute" | "putRoute" | "removeRoute" | "transact"> {
  async function write(
    transaction: Transaction,
    origin: Origin,
    conditions: Conditions,
  ): Promise<Told<TransactionResult>> {
    const ifVersion = versionOf(conditions["if-match"]) ?? transaction.ifVersion;
    const key = conditions["idempotency-key"];
    const tell = transaction.dryRun ? undefined : audit;
    try {
      refuseReserved(transaction);
      const result = await writer.write(
        { ...transaction, ...(ifVersion !== undefined && { ifVersion }) },
        // Two askers may choose the same key.
        { who: origin.who, ...(key !== undefined && { idempotencyKey: `${origin.who}/${key}` }) },
      );
      tell?.changes(transaction.changes, origin, result);
      return { body: result, version: result.version };
    } catch (error) {
      tell?.changes(transaction.changes, origin, {
        code: error instanceof RouteProblem ? error.code : "internal",
        ...(error instanceof TakenBack && { made: error.made, back: error.back }),
      });
      throw error;
    }
  }

  return {
    listRoutes: ({ query }) => {
      const { version, routes } = node.table();
      const wanted = [...routes.values()].filter(
        ({ agent }) => query.agent === undefined || agent === query.agent,
      );
      return { body: { version, routes: wanted.toSorted(byHost) }, version };
    },
    showRoute: ({ parameters }) => {
      const { version, routes } = node.table();
      const host = fullName(parameters.host, domains);
      const route = routes.get(host);
      if (route === undefined)
        throw new RouteProblem("not-found", `There is no route of the name ${host} on ${node.name}.`, "host");
      return { body: route, version };
    },
    putRoute: ({ parameters, query, headers, body, origin }) =>
      write(
        {
          changes: [{ do: "put", route: { host: parameters.host, ...body } }],
          probe: query.probe === "true",
          dryRun: query.dryRun === "true",
        },
        origin,
        headers,
      ),
    removeRoute: ({ parameters, query, headers, origin }) =>
      write(
        {
          // The exchange has refused a request without the agent.
          changes: [{ do: "remove", host: parameters.host, agent: query.agent ?? "" }],
          probe: false,
          dryRun: query.dryRun === "true",
        },
        origin,
        headers,
      ),
    transact: ({ headers, body, origin }) => write(body, origin, headers),
  };
}

/** What the config has, or a service's list makes, would be made again. */
function refuseReserved({ changes }: Transaction): void {
  for (const [place, change] of changes.entries()) {
    const agent = change.do === "put" ? change.route.agent : change.agent;
    const field = `changes.${place}.${change.do === "put" ? "route.agent" : "agent"}`;
    if (agent === configAgent)
      throw new RouteProblem(
        "bad-request",
        `${agent} is the agent of the config's own routes (routes.fixed): change them there, or use another agent.`,
        field,
      );
    // One that no list makes any more can be removed.
    if (agent === updatesAgent && change.do === "put")
      throw new RouteProblem(
        "bad-request",
        `${agent} is the agent of node updates (edge.updates), whose routes a service's list makes: use another one.`,
        field,
      );
  }
}

function byHost(one: StoredRoute, other: StoredRoute): number {
  return one.host < other.host ? -1 : 1;
}

/** Out of an ETag that its schema has accepted. */
function versionOf(etag: string | undefined): number | undefined {
  return etag === undefined ? undefined : Number(etag.slice(1, -1));
}
