import { besidePace, probePlan } from "../clients/pace.ts";
import { startProber } from "../clients/prober.ts";
import { startWriter } from "../clients/writer.ts";
import { unhealthy } from "../observe/health.ts";
import { watchHolders } from "../observe/watchHolders.ts";
import type { DrilledPair } from "../pair.ts";
import { restorations } from "../restorations.ts";
import { nowMs, waitUntil } from "../time.ts";
import { type ChaosResult, chaosResult, type ToldEpisode, toldEpisode } from "./chaosResult.ts";
import { placesOf } from "./places.ts";
import { episodeOf } from "./plan.ts";
import { playEpisode } from "./playEpisode.ts";
import { startRouteClients } from "./routeClients.ts";

export interface ChaosOptions {
  /** No episode begins later than this. */
  readonly seconds: number;
  readonly seed: number;
  readonly signal: AbortSignal;
  /** Called after each episode. */
  readonly onEpisode?: (episode: ToldEpisode) => void;
}

const healthyWithinMs = 60_000;

/**
 * Plays the episodes of a seed on a running pair, one after the other, until the time is over or the pair stays broken.
 * The pair is repaired however it ends. @throws Failure for a pair whose database is external
 */
export async function runChaos(pair: DrilledPair, options: ChaosOptions): Promise<ChaosResult> {
  const { seconds, seed, signal, onEpisode } = options;
  const places = placesOf(pair);
  const { add, undo } = restorations();
  try {
    const watch = watchHolders(pair.lab, pair.nodes, pair.vip.address);
    add(() => watch.stop());
    await waitUntil(() => unhealthy(pair, watch), healthyWithinMs, signal, 100);
    const writer = await startWriter(pair, signal);
    add(() => writer.close());
    const prober = startProber(pair.lab, probePlan("query", pair, besidePace));
    add(async () => void (await prober.stop()));
    const routes = pair.edge && (await startRouteClients(pair, add, signal));
    const ground = { pair, places, watch, prober, writer, ...(routes && { routes }), signal };
    const startMs = nowMs();
    const episodes: ToldEpisode[] = [];
    for (let number = 0; nowMs() - startMs < seconds * 1000; number += 1) {
      const played = await playEpisode(ground, episodeOf(seed, number, places));
      const told = toldEpisode(played, number, startMs);
      episodes.push(told);
      onEpisode?.(told);
      if (played.broken) break;
    }
    return chaosResult(options, episodes);
  } finally {
    for (const problem of await undo()) console.error(problem);
  }
}
