import { count } from "../../drills/format.ts";
import { countMoves } from "../../drills/measure/holding.ts";
import { restorations } from "../../drills/restorations.ts";
import { nowMs, pause } from "../../drills/time.ts";
import type { Stressed, StressName } from "./curve.ts";
import { type Ground, holderOf } from "./ground.ts";
import { startStress } from "./stress.ts";

/** So many moves show that a pair does not bear a stress: more of them would only take time. */
const enough = 3;
const lookMs = 100;
/** The stress does not end by itself before its measurement does. */
const reserveS = 60;

/** How often the address moves while both nodes have other work for so long. */
export async function falseMoves(
  ground: Ground,
  name: StressName,
  seconds: number,
): Promise<Omit<Stressed, "outagesMs">> {
  const { pair, watch, signal } = ground;
  await holderOf(ground);
  const { add, undo } = restorations();
  try {
    const fromMs = nowMs();
    const stress = await startStress(pair, name, seconds + reserveS);
    add(() => stress.stop());
    const begunMs = nowMs();
    const endMs = begunMs + seconds * 1000;
    const moves = (toMs: number) => countMoves(watch.changes, { fromMs, toMs });
    while (nowMs() < endMs && moves(nowMs()) < enough) await pause(lookMs, signal);
    const toMs = Math.min(nowMs(), endMs);
    await stress.assertLasts();
    const lasted = Math.max(1, Math.round((toMs - begunMs) / 1000));
    const found = { stress: name, seconds: lasted, moves: moves(toMs) };
    ground.tell(`stress of ${name} for ${found.seconds} s: ${count(found.moves, "move")} of the address`);
    return found;
  } finally {
    for (const problem of await undo()) ground.tell(problem);
  }
}
