import { setTimeout as delay } from "node:timers/promises";
import { injuryOf } from "../../drills/chaos/injury.ts";
import { nowMs } from "../../drills/time.ts";
import { round } from "../figure.ts";
import type { Pause } from "./curve.ts";
import { type Ground, holderOf } from "./ground.ts";

/** The first thaw takes about this time. */
const firstThawMs = 10;
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
  let thawMs = firstThawMs;
  for (const lengthMs of lengthsMs) {
    const found: Pause[] = [];
    for (let index = 0; index < tries; index += 1) {
      // The machine is still paused while it is thawed, which takes as long as the time before.
      const { tookMs, ...seen } = await pause(ground, advertMs, Math.max(0, lengthMs - thawMs));
      thawMs = tookMs;
      found.push(seen);
    }
    const moved = found.filter((each) => each.moved).length;
    const lasted = found.map(({ pausedMs }) => pausedMs.toFixed(0)).join(", ");
    ground.tell(`holder paused for ${lasted} ms: ${moved} of ${tries} moved the address`);
    all.push(...found);
    if (moved === tries) break;
  }
  return all;
}

/** @param thawAfterMs when the thaw begins @returns also how long the thaw took */
async function pause(
  ground: Ground,
  advertMs: number,
  thawAfterMs: number,
): Promise<Pause & { readonly tookMs: number }> {
  const { pair, watch } = ground;
  const holder = await holderOf(ground);
  const injury = injuryOf({ machine: holder, does: "freeze" }, { pair, watch });
  const fromMs = nowMs();
  let pausedAtMs = fromMs;
  let thawAtMs = fromMs;
  try {
    await injury.begin();
    pausedAtMs = nowMs();
    await delay(thawAfterMs);
    thawAtMs = nowMs();
  } finally {
    await injury.heal();
  }
  const thawedAtMs = nowMs();
  await delay(4 * advertMs + reserveMs);
  const moved = watch.changes.some(({ node, holds, atMs }) => node !== holder && holds && atMs >= fromMs);
  return { pausedMs: round(thawedAtMs - pausedAtMs, 1), moved, tookMs: thawedAtMs - thawAtMs };
}
