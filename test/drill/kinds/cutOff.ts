import { cut } from "../../../lab/cut.ts";
import type { Cut } from "../../../lab/cutState.ts";
import { heal } from "../../../lab/heal.ts";
import type { Kind } from "../kind.ts";
import { nowMs } from "../observe/clock.ts";
import { otherHolder } from "./otherHolder.ts";
import { takenOver } from "./takenOver.ts";

/** What a repair brings about happens in this time: the holder's gratuitous ARP comes every second. */
const afterMs = 1500;

/** The holder is cut off in one way, for so long, and connected again. */
export function cutOff(how: Cut, cutMs: number, description: string): Kind {
  return {
    description,
    ask: "answer",
    prepare: otherHolder,
    play: async (scene) => {
      const { pair, holder, restore, served, passed, repaired, healthy } = scene;
      restore(() => heal(pair.lab, holder));
      const begun = nowMs();
      cut(pair.lab, holder, how);
      await takenOver(scene);
      await served(nowMs());
      await passed(begun, cutMs);
      heal(pair.lab, holder);
      repaired();
      await passed(nowMs(), afterMs);
      await served(nowMs());
      await healthy();
    },
  };
}
