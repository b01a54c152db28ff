import { writeFileSync } from "node:fs";
import { messageOf } from "../../../base/failure.ts";
import type { EgressConfig } from "../../../contract/egressConfig.ts";
import { badInput } from "../../errors.ts";
import type { System } from "../../host/system.ts";
import { isHolder } from "../hold.ts";
import { type Bid, decideBid, type Silences, silencesAfter } from "./decide.ts";
import { lookAround } from "./look.ts";

const everyMs = 1000;

/** How what it finds is told to systemd and to people. */
export interface Telling {
  /** keepalived's track file says whether this node waits. */
  ready(): Promise<void>;
  /** Called once for each new reason. */
  waiting(why: string): Promise<void>;
}

/**
 * Keeps this node from the virtual address, by keepalived's track file, until it may bid. Resolves then. What it cannot
 * find out keeps it waiting: keepalived finds a node without a route unfit as well.
 * @param read reads the node's config; asked again before each look, as another bundle may have come
 * @param address the node's own
 */
export async function waitToBid(
  host: System,
  read: () => EgressConfig,
  address: string,
  { ready, waiting }: Telling,
): Promise<void> {
  const config = read();
  const { joinTrackFile } = config;
  if (joinTrackFile === undefined) throw badInput("the config names no joinTrackFile: nothing waits on EC2");
  const track = (waits: boolean): void => writeFileSync(joinTrackFile, waits ? "1\n" : "0\n");

  const holder = isHolder(host, config);
  track(!holder);
  await ready();
  if (holder) return;
  let told: string | undefined;
  let silences: Silences = new Map();
  for (let bid = await look(); !bid.bids; bid = await look()) {
    if (bid.why !== told) await waiting(bid.why);
    told = bid.why;
    await host.pause(everyMs);
  }
  track(false);

  async function look(): Promise<Bid> {
    try {
      const seen = await lookAround(host, read(), address);
      const nowMs = host.monotonicMs();
      silences = silencesAfter(silences, seen.peers, nowMs);
      return decideBid(seen, silences, nowMs);
    } catch (error) {
      return { bids: false, why: `${messageOf(error)}: mend that on this host` };
    }
  }
}
