import type { Egress } from "../schema/egress.ts";
import type { Pair, Topology } from "../topology.ts";
import { type Reading, readSecret, together, unusedSecrets } from "./secretText.ts";

const key = "wireproxy";
const owner = `node and server with \`wireproxy: true\` (${key}.PAIR.SERVER.NODE)`;

/** wireproxy's own configs of a pair: text by server and node. */
export type Wireproxies = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** Names of the proxies that a pair's nodes run themselves, each once. */
export function wireproxiesOf(egress: Egress | undefined): readonly string[] {
  const all = egress?.groups.flatMap(({ servers, lastResorts }) => [...servers, ...lastResorts]) ?? [];
  return [...new Set(all.filter(({ wireproxy }) => wireproxy).map(({ name }) => name))];
}

/**
 * The configs that a person has set, by pair: for every such proxy one a node, because a WireGuard key belongs to one host.
 */
export function readWireproxies(
  { pairs }: Topology,
  given: unknown,
): Reading<Readonly<Record<string, Wireproxies>>> {
  const { value, problems } = together(pairs.map((pair) => [pair.name, readPair(pair, given)]));
  return { value, problems: [...problems, ...unusedSecrets(given, key, places(pairs), owner)] };
}

function readPair({ name, nodes, egress }: Pair, given: unknown): Reading<Wireproxies> {
  return together(
    wireproxiesOf(egress).map((server) => {
      const configs = together(
        nodes.map((node) => {
          const path = [key, name, server, node.name];
          // By standard input: every user of that machine can read a command line.
          return [node.name, readSecret(given, path, ` < ${server}-${node.name}.conf`)];
        }),
      );
      const shared = sharedKeys(`${key}.${name}.${server}`, configs.value);
      return [server, { ...configs, problems: [...configs.problems, ...shared] }];
    }),
  );
}

/** A WireGuard peer answers where it last saw a key: two nodes with one key would get each other's answers. */
function sharedKeys(path: string, configs: Readonly<Record<string, string>>): readonly string[] {
  const first = new Map<string, string>();
  return Object.entries(configs).flatMap(([node, text]) => {
    const own = /^[ \t]*PrivateKey[ \t]*=[ \t]*([^$\s]\S*)/im.exec(text)?.[1];
    const owner = own && first.get(own);
    if (own && !owner) first.set(own, node);
    return owner
      ? [`${path}.${node}: has the private key of ${path}.${owner}: each node needs a key of its own`]
      : [];
  });
}

/** Paths of all configs that the pairs need. */
function places(pairs: readonly Pair[]): readonly string[] {
  return pairs.flatMap(({ name, nodes, egress }) =>
    wireproxiesOf(egress).flatMap((server) => nodes.map((node) => [key, name, server, node.name].join("."))),
  );
}
