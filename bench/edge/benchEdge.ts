import { Failure } from "../../base/failure.ts";
import { waitFor } from "../../base/waitFor.ts";
import { type Change, connect, type Routes } from "../../client/index.ts";
import { type DrilledPair, drilledPair } from "../../drills/pair.ts";
import type { BenchProject, Settings } from "../project.ts";

/** The application server of the lab, where the targets of routes are. */
export const application = "10.0.1.10";
/** Whose the bench's routes are. */
export const agentId = "bench";
const domain = "apps.example.test";
/** Most changes of one transaction. */
export const perTransaction = 1000;
const followWithinMs = 20_000;
const withoutLimit = 1_000_000;

/** An edge whose limits of one source a load does not reach, and routes. */
export const edgeSettings: Settings = {
  edge: {
    domains: [domain],
    // So that the files of all of the pair's connections fit where a host allows its processes 20,000.
    maxConnections: 2000,
    limits: {
      connections: 100_000,
      connectionsIn10S: withoutLimit,
      requestsIn10S: withoutLimit,
      errorsIn10S: withoutLimit,
    },
  },
  routes: { tokens: [{ name: "bench", role: "routes" }] },
};

/** The bench's pair while it has an edge and routes. */
export interface BenchEdge {
  readonly pair: DrilledPair;
  /** The edge's HTTP on the virtual address. */
  readonly edge: { readonly host: string; readonly port: number };
  /** How the application server reaches the API of the routes. */
  readonly api: { readonly url: string; readonly ca: string; readonly token: string };
  /** The same API from here. */
  readonly routes: Routes;
}

/** Resolves once both nodes serve changes. @throws Failure where the pair has no edge or routes, or they do not work */
export async function benchEdge(project: BenchProject): Promise<BenchEdge> {
  const outputs = await project.outputs();
  const [{ edge, vip } = {}] = project.topology.pairs;
  const { routesUrl, routesAuthority, routeTokens, reach } = outputs;
  const token = routeTokens?.bench;
  if (!edge || !vip || !routesUrl || !routesAuthority || !reach?.routesUrl || !token)
    throw new Failure("the bench's pair has no edge, or no routes");
  const pair = drilledPair(project.topology, outputs);
  const api = { url: routesUrl, ca: routesAuthority, token };
  const serverName = new URL(routesUrl).hostname;
  const routes = connect({ ...api, url: reach.routesUrl, serverName });
  await bothServe(routes, pair.nodes);
  return { pair, edge: { host: vip.address, port: edge.port }, api, routes };
}

/** The full host name of a label. */
export function nameOf(label: string): string {
  return `${label}.${domain}`;
}

/** Removes the bench's routes whose labels are these; by default all. */
export async function removeRoutes(
  { routes }: Pick<BenchEdge, "routes">,
  isToGo: (host: string) => boolean = () => true,
): Promise<void> {
  const all = (await routes.listRoutes(agentId)).routes.filter(({ host }) => isToGo(host));
  for (let from = 0; from < all.length; from += perTransaction) {
    const some = all.slice(from, from + perTransaction);
    const changes = some.map(({ host }): Change => ({ do: "remove", host, agent: agentId }));
    await routes.transaction(changes, { deadlineMs: 30_000 });
  }
}

async function bothServe(routes: Routes, nodes: readonly string[]): Promise<void> {
  const serve = async () => {
    const { appliedOn } = await routes.addHttpRoute(agentId, "first", `http://${application}`);
    return appliedOn.length === nodes.length ? true : undefined;
  };
  if (!(await waitFor(followWithinMs, () => serve().catch(() => undefined))))
    throw new Failure("no change of a route is served on both nodes of the bench's pair");
  await routes.removeHttpRoute(agentId, "first");
}
