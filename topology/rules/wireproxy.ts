import type { Problem } from "../problem.ts";
import { allProxies, wireproxiesOf } from "./proxies.ts";
import { type DraftPair, ofPairs, type Path, type Rule, twice } from "./rule.ts";

const loopback = "127.0.0.1";

/** Proxies that the nodes run themselves. */
export const wireproxyRules: readonly Rule[] = [
  ofPairs(onLoopback),
  ofPairs((pair, path) =>
    twice(
      wireproxiesOf(pair, path).map(({ proxy, path }) => ({ value: proxy.name, path: [...path, "name"] })),
      "has this name already: it names the unit, and the unit is of one proxy",
    ),
  ),
];

/** Each node asks its own: from another address it would be a proxy for whoever finds it. */
function* onLoopback(pair: DraftPair, path: Path): Iterable<Problem> {
  for (const { proxy, path: at } of allProxies(pair, path)) {
    if (proxy.wireproxy && proxy.address !== undefined && proxy.address !== loopback)
      yield {
        path: [...at, "address"],
        message: `${proxy.address}: every node runs this proxy itself: set ${loopback}, or remove wireproxy`,
      };
  }
}
