import { Failure } from "../../cli/failure.ts";
import { serversOf } from "../../render/egress/servers.ts";
import { egressBackend, egressMapFile } from "../../render/paths.ts";
import type { EgressGroup } from "../../topology/egress.ts";
import type { EgressServerConfig } from "../../topology/egressConfig.ts";
import type { Pair, Topology } from "../../topology/topology.ts";
import type { DrilledPair } from "./drilledPair.ts";

/** A pair's first egress group, and the internet behind it. */
export interface DrilledEgress extends Pick<EgressGroup, "port" | "probe" | "hysteresis"> {
  readonly backend: string;
  readonly mapFile: string;
  /** In the order of the config, last resorts at the end. */
  readonly servers: readonly EgressServerConfig[];
  readonly metricsPort: number;
  /** Address of the machine that plays the internet. */
  readonly internet: string;
}

/** Undefined where the pair has no egress, or the lab no internet in which a proxy can fail. */
export function drilledEgress({ lab }: Topology, { egress }: Pair): DrilledEgress | undefined {
  const [group] = egress?.groups ?? [];
  if (egress === undefined || group === undefined || lab.internet === undefined) return undefined;
  const { name, port, probe, hysteresis } = group;
  return {
    port,
    probe,
    hysteresis,
    backend: egressBackend(name),
    mapFile: egressMapFile(name),
    servers: serversOf(group),
    metricsPort: egress.metricsPort,
    internet: lab.internet,
  };
}

/** @throws Failure for a pair without */
export function egressOf({ egress }: DrilledPair): DrilledEgress {
  if (egress) return egress;
  throw new Failure(
    "this stack has no egress to drill: give its pair `egress` and its lab `internet` (stacks/Pulumi.lab.yaml shows how)",
  );
}
