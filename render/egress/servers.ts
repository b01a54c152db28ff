import type { EgressGroup } from "../../topology/egress.ts";
import type { EgressServerConfig } from "../../topology/egressConfig.ts";

/** A group's proxies in the order of the config, last resorts at the end. */
export function serversOf({ servers, lastResorts }: EgressGroup): readonly EgressServerConfig[] {
  return [
    ...servers.map(({ wireproxy, ...server }) => ({ ...server, lastResort: false, warp: false })),
    ...lastResorts.map(({ wireproxy, ...server }) => ({ ...server, lastResort: true })),
  ];
}
