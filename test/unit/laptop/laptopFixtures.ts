import { laptopOf, type PoolHost } from "../../../topology/hosts.ts";
import { parseTopology } from "../../../topology/parse.ts";
import type { Topology } from "../../../topology/topology.ts";
import { vagrantConfig } from "../../harness/testConfig.ts";

/** The tests' stack of Vagrant with its pool on the laptop. */
export function laptopConfig(
  pool: Record<string, unknown> = {},
  rest: Record<string, unknown> = {},
): Record<string, unknown> {
  const config = vagrantConfig() as { pairs: [Record<string, unknown>] };
  return { ...config, pairs: [{ ...config.pairs[0], pool: { on: "laptop", ...pool } }], ...rest };
}

export function laptopTopology(
  ...config: Parameters<typeof laptopConfig>
): Topology & { readonly laptop: PoolHost } {
  const topology = parseTopology(laptopConfig(...config));
  const [laptop] = topology.pairs.flatMap((pair) => laptopOf(pair) ?? []);
  if (laptop === undefined) throw new Error("the pool is not on the laptop");
  return { ...topology, laptop };
}
