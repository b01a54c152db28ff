import { messageOf } from "../../base/failure.ts";
import type { EgressConfig, EgressGroupConfig } from "../../contract/egressConfig.ts";
import { EgressPage } from "../../contract/egressPage.ts";
import { steadyNowMs } from "../daemon/clock.ts";
import { askPage } from "../daemon/http.ts";
import type { Log } from "../daemon/log.ts";
import type { FitnessSource } from "../daemon/part.ts";
import { decideVip, emptyVipMemory, type VipMemory, type VipPeer } from "./decide.ts";
import { type Hold, holdOf, knownPeers, writeTrackFile } from "./hold.ts";

const peerMs = 500;
/** Nobody else writes the track file in operation, so it is read again only this often. */
const checkMs = 5000;

export interface AddressLoop {
  memory(): VipMemory;
  /** As the daemon's page shows it. */
  vip(): EgressPage["vip"];
  /**
   * Decides, and writes the decision to keepalived's track file; asks the peers only where their answer matters.
   * Resolves to true when it gave the address up or is fit again; never rejects.
   */
  step(): Promise<boolean>;
}

/**
 * Moves the virtual address away from a node that is not fit for it while a peer is. `source` repeats its measurements
 * where the decision depends on new ones; `memory` is what an earlier loop knew.
 */
export function openAddress(
  config: EgressConfig,
  log: Log,
  source: FitnessSource,
  memory: VipMemory,
): AddressLoop {
  const essential = config.groups.filter((group) => group.essential);
  const moves = config.moveVip && essential.length > 0;
  const longest = (of: (hysteresis: EgressGroupConfig["hysteresis"]) => number): number =>
    Math.max(...essential.map(({ hysteresis }) => of(hysteresis))) * 1000;
  let now = moves ? memory : emptyVipMemory;
  let written: { readonly givenUp: boolean; readonly atMs: number } | undefined;

  /** What cannot be found out counts as not so: a page that fails as a whole would hide all else. */
  function hold(): Hold {
    try {
      const found = holdOf(config);
      log.trouble("state of keepalived", null);
      return found;
    } catch (error) {
      log.trouble("state of keepalived", messageOf(error));
      return { holder: false, able: false };
    }
  }

  async function decide(): Promise<void> {
    const { dead, measuredAtMs } = source.fitness();
    const matters = dead.length > 0 || now.givenUp;
    const names = essential.map(({ name }) => name);
    const peers = matters ? await askPeers(config, names) : [];
    const nowMs = steadyNowMs();
    const next = decideVip(now, {
      nowMs,
      dead,
      measuredAtMs,
      holder: matters && hold().holder,
      peers,
      holdDownMs: longest(({ holdDownS }) => holdDownS),
      maxHoldDownMs: longest(({ maxHoldDownS }) => maxHoldDownS),
    });
    if (next.givenUp !== now.givenUp) {
      const again = `Fit again for ${config.virtualAddress}`;
      const sentence = next.givenUp
        ? `Giving up ${config.virtualAddress}: no proxy of ${dead.join(", ")} works here, but one does on a peer`
        : `${again}${next.keepsUntilMs > nowMs ? ": no peer has taken it" : ""}`;
      source.announce(sentence, { event: "vip", givenUp: String(next.givenUp) });
    }
    if (next.suspectedBy !== null && now.suspectedBy === null) source.remeasure();
    now = next;
  }

  function track(): void {
    const { givenUp } = now;
    const nowMs = performance.now();
    if (written?.givenUp === givenUp && nowMs - written.atMs < checkMs) return;
    writeTrackFile(config.trackFile, givenUp);
    written = { givenUp, atMs: nowMs };
  }

  return {
    memory: () => now,
    vip: () => ({
      address: config.virtualAddress,
      moves,
      givenUp: now.givenUp,
      ...hold(),
      peers: knownPeers(config),
    }),
    step: async () => {
      const { givenUp } = now;
      try {
        if (moves) await decide();
        track();
        log.trouble("track file", null);
      } catch (error) {
        // Where nothing moves the address, keepalived does not watch that file: it need not be there.
        if (moves) log.trouble("track file", `${messageOf(error)}: run systemd-tmpfiles --create`);
      }
      return now.givenUp !== givenUp;
    },
  };
}

/** Peers that answer; a group that a peer does not have is dead there. */
async function askPeers(config: EgressConfig, essential: readonly string[]): Promise<readonly VipPeer[]> {
  const pages = await Promise.allSettled(
    config.peers.map((peer) => askPage(peer, "/egress", EgressPage, peerMs)),
  );
  return pages.flatMap((answer) => {
    if (answer.status === "rejected") return [];
    const { groups, haproxy, vip } = answer.value;
    const works = new Set(groups.filter(({ usable }) => usable).map(({ name }) => name));
    const dead = essential.filter((name) => !works.has(name));
    return [{ dead, givenUp: vip.givenUp, holder: vip.holder, able: vip.able && haproxy.answers }];
  });
}
