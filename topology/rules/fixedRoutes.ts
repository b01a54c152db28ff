import { mostBalanced } from "../../contract/routes/balanced.ts";
import { fullName, HostName } from "../../contract/routes/route.ts";
import { forbiddenTargets } from "../../contract/routes/targets.ts";
import { isAddress, subnet } from "../ip.ts";
import { formatPath, type Problem } from "../problem.ts";
import { type DraftPair, itemsOf, type Path } from "./draft.ts";
import { ofPairs, type Rule, twice } from "./rule.ts";

/** Routes that the config has: their names, and where they lead. */
export const fixedRouteRules: readonly Rule[] = [names, targets, backends].map(ofPairs);

const fixedOf = ({ routes }: DraftPair, path: Path) => itemsOf(routes?.fixed, [...path, "routes", "fixed"]);

function* names(pair: DraftPair, path: Path): Iterable<Problem> {
  const domains = itemsOf(pair.edge?.domains, path).map(({ item }) => item);
  const named = (host: string | undefined, ...at: Path) =>
    host === undefined ? [] : [{ value: fullName(host, domains), path: at }];
  const claims = [
    ...fixedOf(pair, path).flatMap(({ item: { host }, path: at }) => named(host, ...at, "host")),
    ...named(pair.edge?.updates?.host, ...path, "edge", "updates", "host"),
  ];
  yield* twice(claims, "is a route of this name already: remove one");
  for (const { value, path: at } of claims)
    if (!HostName.safeParse(value).success)
      yield {
        path: at,
        message: `${value} is no host name: shorten it, or set edge.domains to a shorter one`,
      };
}

/** The same rules as those of the agent, which also looks at the addresses of names. */
function* targets(pair: DraftPair, path: Path): Iterable<Problem> {
  for (const { item: route, path: at } of fixedOf(pair, path)) {
    const urls = [
      { url: route.target, path: [...at, "target"] },
      ...itemsOf(route.targets, [...at, "targets"]).map(({ item, path }) => ({
        url: item.url,
        path: [...path, "url"],
      })),
    ];
    for (const { url, path } of urls) {
      // A URL writes an address in four decimal parts, whatever somebody has typed.
      const address = url === undefined ? "" : new URL(url).hostname;
      const why = isAddress(address) ? forbidden(pair, address) : undefined;
      if (why !== undefined) yield { path, message: `${address} is ${why}` };
    }
  }
}

function forbidden(pair: DraftPair, address: string): string | undefined {
  const has = (networks: readonly (string | undefined)[] | undefined) =>
    networks?.find((network) => subnet(network)?.contains(address));
  const denied = has(pair.routes?.deniedTargets);
  if (denied !== undefined) return `in ${denied}, which routes.deniedTargets has: use another target`;
  if (has(pair.routes?.allowedTargets) !== undefined) return undefined;
  const hosts = [...(pair.nodes ?? []), ...(pair.pool?.machines ?? [])].map((host) => host?.address);
  const network = has(Object.keys(forbiddenTargets));
  const what = [pair.vip?.address, ...hosts].includes(address)
    ? "an address of the pair's own"
    : network && forbiddenTargets[network];
  return what && `${what}: use another target, or allow it (routes.allowedTargets)`;
}

function* backends(pair: DraftPair, path: Path): Iterable<Problem> {
  const balanced = fixedOf(pair, path).filter(
    ({ item: { targets, options } }) =>
      (targets?.length ?? 0) > 1 || options?.check !== undefined || options?.queue !== undefined,
  );
  const further = balanced[mostBalanced];
  if (further !== undefined)
    yield {
      path: further.path,
      message: `is one more than the ${mostBalanced} routes with several targets, checks or a queue that a pair may have (the first is ${formatPath(balanced[0]?.path ?? [])}): use one target without check and queue`,
    };
}
