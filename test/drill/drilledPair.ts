import { Failure } from "../../cli/failure.ts";
import type { StackOutputs } from "../../cli/outputs.ts";
import type { Topology } from "../../topology/topology.ts";
import { type DrilledEgress, drilledEgress } from "./drilledEgress.ts";

/** A running pair as a drill needs to know it. */
export interface DrilledPair {
  readonly lab: string;
  readonly vip: { readonly address: string; readonly port: number };
  /** Names of the nodes' machines. */
  readonly nodes: readonly string[];
  readonly pool: { readonly machine: string; readonly ports: readonly number[] };
  /** The application's way in, through the virtual address, as the application server uses it. Secret. */
  readonly databaseUrl: string;
  /** Present where proxies can be made to fail. */
  readonly egress?: DrilledEgress;
}

/** The first pair of a stack that has a pool: drills need something to ask. @throws Failure where there is none */
export function drilledPair(topology: Topology, { pairs }: StackOutputs): DrilledPair {
  const pair = topology.pairs.find(({ pool }) => pool !== undefined);
  const databaseUrl = pair && pairs[pair.name]?.databaseUrl;
  if (!pair?.pool || databaseUrl === undefined)
    throw new Failure("no pair of this stack has a pool to drill");
  const egress = drilledEgress(topology, pair);
  return {
    lab: topology.lab.name,
    vip: { address: pair.vip.address, port: pair.haproxy.port },
    nodes: pair.nodes.map(({ name }) => name),
    pool: { machine: pair.pool.name, ports: pair.pool.ports },
    databaseUrl,
    ...(egress && { egress }),
  };
}
