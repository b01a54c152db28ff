import { join } from "node:path";
import type { VipInput, VipPeer } from "../../../../agent/address/decide.ts";
import type { EgressConfig } from "../../../../contract/egressConfig.ts";
import type { EgressPage } from "../../../../contract/egressPage.ts";

/** Page of a peer that could take the address and on which everything works. */
export const peerPage: EgressPage = {
  host: "haproxy2",
  at: new Date(0).toISOString(),
  haproxy: { answers: true, problem: null },
  vip: { address: "127.0.0.1", moves: true, givenUp: false, holder: false, able: true, peers: [] },
  groups: [
    { name: "main", port: 7891, essential: true, usable: true, preferred: null, switches: [], servers: [] },
  ],
};

/** Config of a node with its files in the folder, without haproxy and keepalived. */
export function nodeConfig(
  folder: string,
  more: Pick<EgressConfig, "groups" | "peers"> & Partial<EgressConfig>,
): EgressConfig {
  const at = (name: string) => join(folder, name);
  return {
    host: "haproxy1",
    runtimeSocket: at("haproxy.sock"),
    actionSocket: at("action.sock"),
    stateFile: at("state.json"),
    trackFile: at("egress-down"),
    haproxyTrackFile: at("haproxy-down"),
    keepalivedEvents: at("cgroup.events"),
    logFolder: folder,
    listen: [],
    moveVip: true,
    virtualAddress: "127.0.0.1",
    ca: "",
    ...more,
  };
}

/** A peer that could take the address and on which everything works. */
export const peer = (more: Partial<VipPeer> = {}): VipPeer => ({
  dead: [],
  givenUp: false,
  holder: false,
  able: true,
  ...more,
});
/** A holder at a poll; every server of its dead groups is measured just now. */
export const input = (more: Partial<VipInput>): VipInput => ({
  nowMs: 1_000_000,
  dead: [],
  measuredAtMs: Object.fromEntries(
    (more.dead ?? []).map((group) => [`${group}/wg1`, more.nowMs ?? 1_000_000]),
  ),
  holder: true,
  peers: [peer()],
  holdDownMs: 10_000,
  maxHoldDownMs: 300_000,
  ...more,
});
