import type { EgressServerConfig } from "../../../topology/egressConfig.ts";
import { tunnelPlan } from "../../drill/asking.ts";
import { egressOf } from "../../drill/drilledEgress.ts";
import type { DrilledPair } from "../../drill/drilledPair.ts";
import { startTunnels, type Tunnels } from "../../drill/observe/openTunnels.ts";
import type { Actuator } from "./openActuator.ts";

/** Pause after each change: requests and checks come in between. */
export const everyMs = 60;

/** What switches of preference are played on: the holder's agent is stopped, the actuator is its hands. */
export interface SwitchStage {
  readonly pair: DrilledPair;
  readonly holder: string;
  readonly actuator: Actuator;
  readonly signal: AbortSignal;
  /** Done at the end, in whatever way it ends. */
  restore(step: () => void | Promise<void>): void;
}

export interface SwitchProxies {
  /** Those that are preferred in turn. */
  readonly pair: readonly [EgressServerConfig, EgressServerConfig];
  readonly lastResort: EgressServerConfig;
}

/** The first two proxies of the group and its last resort. @throws where there are fewer */
export function proxiesOf(pair: DrilledPair): SwitchProxies {
  const { servers } = egressOf(pair);
  const [one, other] = servers.filter((server) => !server.lastResort);
  const lastResort = servers.find((server) => server.lastResort);
  if (!one || !other || !lastResort)
    throw new Error("the bench's pair has two proxies and a last resort (stacks/Pulumi.lab.yaml)");
  return { pair: [one, other], lastResort };
}

/** Prefers a proxy and opens long connections through it. @throws where one comes out elsewhere */
export async function holdThrough(
  { pair, actuator, signal, restore }: SwitchStage,
  server: EgressServerConfig,
  count: number,
): Promise<Tunnels> {
  const tunnels = startTunnels(pair.lab, tunnelPlan(pair));
  restore(() => tunnels.close());
  await actuator.prefer(server.name);
  const exits = await tunnels.open(count, signal);
  const elsewhere = exits.find((exit) => exit !== server.address);
  if (elsewhere !== undefined)
    throw new Error(`${server.name} is preferred and a connection came out of ${elsewhere}`);
  return tunnels;
}
