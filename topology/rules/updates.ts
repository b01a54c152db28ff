import { Route } from "../../contract/routes/route.ts";
import { updatesAgent } from "../../contract/updates/config.ts";
import { subnet } from "../ip.ts";
import type { Problem } from "../problem.ts";
import type { DraftPair, Path } from "./draft.ts";
import { ofPairs, type Rule } from "./rule.ts";

/** A service that names the nodes of a route: what it needs, and where the key may go without TLS. */
export const updatesRules: readonly Rule[] = [needsRoutes, withoutTls, routeOptions].map(ofPairs);

const at = (path: Path, ...keys: readonly string[]) => [...path, "edge", "updates", ...keys];

function* needsRoutes(pair: DraftPair, path: Path): Iterable<Problem> {
  if (pair.edge?.updates !== undefined && !("routes" in pair))
    yield { path: at(path), message: "needs the pair's routes, one of which it keeps: add `routes: {}`" };
}

/** RFC 1918, and loopback. */
const privateNetworks = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8"];

function* withoutTls({ edge }: DraftPair, path: Path): Iterable<Problem> {
  const { url, allowHttp, ca } = edge?.updates ?? {};
  if (url === undefined || new URL(url).protocol !== "http:") return;
  const { hostname } = new URL(url);
  const isPrivate = privateNetworks.some((network) => subnet(network)?.contains(hostname));
  if (!isPrivate && allowHttp !== true)
    yield {
      path: at(path, "url"),
      message: `sends the key to ${hostname} without TLS: use https, a private address, or set allowHttp`,
    };
  if (ca !== undefined)
    yield { path: at(path, "ca"), message: "is read with https alone, and url has http: remove it" };
}

/** What a route with several targets must not have together. */
function* routeOptions({ edge }: DraftPair, path: Path): Iterable<Problem> {
  const { options } = edge?.updates ?? {};
  if (options === undefined) return;
  const targets = [{ url: "http://node1" }, { url: "http://node2" }];
  const { error } = Route.safeParse({ host: "ws", agent: updatesAgent, targets, options });
  // The schema has told the others already.
  const issues = error?.issues.filter(({ code }) => code === "custom") ?? [];
  for (const issue of issues) yield { path: at(path, ...issue.path.map(String)), message: issue.message };
}
