import { setTimeout as delay } from "node:timers/promises";
import { injuryOf } from "../../drills/chaos/injury.ts";
import { restorations } from "../../drills/restorations.ts";
import { nowMs } from "../../drills/time.ts";
import { round } from "../figure.ts";
import type { Pause } from "./curve.ts";
import { type Ground, holderOf } from "./ground.ts";

/** A thaw takes about this time, and the machine is paused meanwhile. */
const thawMs = 10;
/** A peer that takes the address because of a pause has done so this long after it, besides its own timer. */
const reserveMs = 200;

/** Pauses the holder `tries` times for each length; once every try of a length has moved the address, longer ones do too. */
export async function pauses(
  ground: Ground,
  advertMs: number,
  lengthsMs: readonly number[],
  tries: number,
): Promise<Pause[]> {
  const all: Pause[] = [];
  for (const lengthMs of lengthsMs) {
    const found: Pause[] = [];
    for (let index = 0; index < tries; index += 1) found.push(await pause(ground, advertMs, lengthMs));
    const moved = found.filter((each) => each.moved).length;
    const lasted = found.map(({ pausedMs }) => pausedMs.toFixed(0)).join(", ");
    ground.tell(`holder paused for ${lasted} ms: ${moved} of ${tries} moved the address`);
    all.push(...found);
    if (moved === tries) break;
  }
  return all;
}

async function pause(ground: Ground, advertMs: number, lengthMs: number): Promise<Pause> {
  const { pair, watch, signal } = ground;
  const holder = await holderOf(ground);
  const injury = injuryOf({ machine: holder, does: "freeze" }, { pair, watch });
  const { add, undo } = restorations();
  let healed = false;
  add(async () => {
    if (!healed) await injury.heal();
  });
  const fromMs = nowMs();
  try {
    await injury.begin();
    const pausedAtMs = nowMs();
    await delay(Math.max(0, lengthMs - thawMs), undefined, { signal });
    await injury.heal();
    healed = true;
    const pausedMs = round(nowMs() - pausedAtMs, 1);
    await delay(4 * advertMs + reserveMs, undefined, { signal });
    const moved = watch.changes.some(({ node, holds, atMs }) => node !== holder && holds && atMs >= fromMs);
    return { pausedMs, moved };
  } finally {
    for (const problem of await undo()) ground.tell(problem);
  }
}
