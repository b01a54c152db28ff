import { messageOf } from "../../base/failure.ts";
import type { EgressConfig } from "../../contract/egressConfig.ts";
import { askPage } from "../daemon/http.ts";
import { deadGroups } from "../egress/deadGroups.ts";
import type { GroupState } from "../egress/groupLoop.ts";
import type { Reporter } from "../egress/report/reporter.ts";
import { decideVip, emptyVipMemory, type VipMemory, type VipPeer } from "./decide.ts";
import { holdOf, writeTrackFile } from "./hold.ts";

const peerMs = 500;

export interface VipLoop {
  memory(): VipMemory;
  /**
   * Decides and tells keepalived; asks the peers only where their answer matters. Resolves to whether it gave up or is
   * fit again; never rejects.
   */
  step(groups: readonly GroupState[]): Promise<boolean>;
}

/**
 * Moves the virtual address away from a node whose egress is dead. `measureAnew` is called where that depends on a
 * further measurement of every server; `memory` is that of a loop before this one.
 */
export function openVip(
  config: EgressConfig,
  reporter: Reporter,
  measureAnew: () => void,
  memory: VipMemory,
): VipLoop {
  const essential = config.groups.filter((group) => group.essential);
  const moves = config.moveVip && essential.length > 0;
  let now = moves ? memory : emptyVipMemory;

  async function decide(groups: readonly GroupState[]): Promise<void> {
    const dead = deadGroups(groups);
    const matters = dead.names.length > 0 || now.givenUp;
    const peers = matters
      ? await askPeers(
          config,
          essential.map(({ name }) => name),
        )
      : [];
    const nowMs = Date.now();
    const next = decideVip(now, {
      nowMs,
      dead: dead.names,
      measuredAtMs: dead.measuredAtMs,
      holder: matters && holdOf(config).holder,
      peers,
      holdDownMs: Math.max(...essential.map(({ hysteresis }) => hysteresis.holdDownS)) * 1000,
      maxHoldDownMs: Math.max(...essential.map(({ hysteresis }) => hysteresis.maxHoldDownS)) * 1000,
    });
    if (next.givenUp !== now.givenUp) {
      const again = `Fit again for ${config.virtualAddress}`;
      const sentence = next.givenUp
        ? `Giving up ${config.virtualAddress}: nothing works here of ${dead.names.join(", ")}, but at a peer`
        : `${again}${next.keepsUntilMs > nowMs ? ": no peer has taken it" : ""}`;
      reporter.everywhere(essential, sentence, { event: "vip", givenUp: String(next.givenUp) });
    }
    if (next.suspectedBy !== null && now.suspectedBy === null) measureAnew();
    now = next;
  }

  return {
    memory: () => now,
    step: async (groups) => {
      const { givenUp } = now;
      try {
        if (moves) await decide(groups);
        writeTrackFile(config.trackFile, now.givenUp);
        reporter.trouble("track file", null);
      } catch (error) {
        // Without a group that moves the address nobody makes that file.
        if (moves) reporter.trouble("track file", `${messageOf(error)}: run systemd-tmpfiles --create`);
      }
      return now.givenUp !== givenUp;
    },
  };
}

/** Peers that answer; a group that a peer does not have is dead there. */
async function askPeers(config: EgressConfig, essential: readonly string[]): Promise<readonly VipPeer[]> {
  const pages = await Promise.allSettled(config.peers.map((peer) => askPage(peer, peerMs)));
  return pages.flatMap((answer) => {
    if (answer.status === "rejected") return [];
    const { groups, haproxy, vip } = answer.value;
    const works = new Set(groups.filter(({ usable }) => usable).map(({ name }) => name));
    const dead = essential.filter((name) => !works.has(name));
    return [{ dead, givenUp: vip.givenUp, holder: vip.holder, able: vip.able && haproxy.answers }];
  });
}
