import type { Cut } from "../../contract/lab.ts";
import { cut, heal } from "../../lab/faults/cut.ts";
import { nowMs } from "../time.ts";
import { type Kind, otherHolder, takenOver } from "./kind.ts";

/** Long enough for both sides to settle, and for neighbours to learn the other node's MAC address. */
const settledMs = 3000;
/** Long enough for the side without the pool to mark every pooler down. */
const poolLostMs = 5000;
/** IP protocol number of VRRP. */
const vrrp = 112;

export const linkCut = cutOff(
  { how: "carrier" },
  settledMs,
  "the holder's cable is pulled for three seconds",
);

export const oneWayCut = cutOff(
  { how: "proto", proto: vrrp, direction: "out" },
  settledMs,
  "the holder's adverts are lost for three seconds, everything else gets through",
);

export const partition = cutOff(
  { how: "port" },
  poolLostMs,
  "the holder is cut off from all other machines for five seconds, its link stays up",
);

/** The effects of a repair show within this time: the holder's gratuitous ARP comes every second. */
const afterMs = 1500;

/** The holder is cut off in one way, and connected again after `cutMs`. */
function cutOff(how: Cut, cutMs: number, description: string): Kind {
  return {
    description,
    ask: "answer",
    prepare: otherHolder,
    play: async (round) => {
      const { pair, holder, restore, served, elapsed, repaired, healthy } = round;
      restore(() => heal(pair.lab, holder));
      const begun = nowMs();
      cut(pair.lab, holder, how);
      await takenOver(round);
      await served(nowMs());
      await elapsed(begun, cutMs);
      heal(pair.lab, holder);
      repaired();
      await elapsed(nowMs(), afterMs);
      await served(nowMs());
      await healthy();
    },
  };
}
