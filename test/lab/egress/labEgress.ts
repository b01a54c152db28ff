import { labOf } from "../../../cli/targets/lab/target.ts";
import type { EgressServerConfig } from "../../../contract/egressConfig.ts";
import type { ProxyWay } from "../../../drills/clients/throughProxy.ts";
import { egressBackend, egressMapFile } from "../../../render/paths.ts";
import type { EgressGroup } from "../../../topology/schema/egress.ts";
import type { Pair } from "../../../topology/topology.ts";
import { serversOf } from "../../../topology/topology.ts";
import { quickEgress } from "../../drill/quickEgress.ts";
import { type TestStack, testStack } from "../../harness/testStack.ts";

/** The test stack, up, with quicker measurements; only the application server and the peers may read metrics. */
export interface LabEgress {
  readonly stack: TestStack;
  /** Name of the lab. */
  readonly lab: string;
  readonly pair: Pair;
  /** Names of the nodes. */
  readonly nodes: readonly string[];
  /** Client port of the group, on the virtual address. */
  readonly port: number;
  readonly backend: string;
  readonly mapFile: string;
  readonly check: EgressGroup["check"];
  readonly probe: EgressGroup["probe"];
  readonly statsPort: number;
  readonly metricsPort: number;
  /** wg1, wg2, warp. */
  readonly servers: readonly EgressServerConfig[];
  /** Address of the machine that plays the internet. */
  readonly internet: string;
  /** From this host through the forwarded port and VIP:7891 to the internet's HTTP port. */
  readonly way: ProxyWay;
}

/** The stack's config without the pair. */
export const labConfig = { firewall: { monitoring: ["10.0.1.10/32"] } };

export async function labEgress(purpose: string): Promise<LabEgress> {
  const stack = await testStack(purpose, { ...quickEgress(), config: labConfig });
  const [pair] = stack.topology.pairs;
  const [group] = pair?.egress?.groups ?? [];
  const { internet, socksPort } = labOf(stack.topology, "this test");
  if (!pair?.egress || group === undefined || internet === undefined)
    throw new Error("the lab stack has no egress, or no internet");
  return {
    stack,
    lab: stack.lab,
    pair,
    nodes: pair.nodes.map(({ name }) => name),
    port: group.port,
    backend: egressBackend(group.name),
    mapFile: egressMapFile(group.name),
    check: group.check,
    probe: group.probe,
    statsPort: pair.egress.statsPort,
    metricsPort: pair.egress.metricsPort,
    servers: serversOf(group),
    internet,
    way: { proxy: { host: "127.0.0.1", port: socksPort }, target: { host: internet, port: 80 } },
  };
}
