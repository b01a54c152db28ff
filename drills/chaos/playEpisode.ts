import { messageOf } from "../../base/failure.ts";
import { waitWhile } from "../../base/waitFor.ts";
import { chaosBudget } from "../budgets.ts";
import { besidePace } from "../clients/pace.ts";
import type { Prober } from "../clients/prober.ts";
import type { Writer } from "../clients/writer.ts";
import { unserved } from "../measure/outage.ts";
import { unhealthy } from "../observe/health.ts";
import { transactionsBefore } from "../observe/transactions.ts";
import type { HolderWatch } from "../observe/watchHolders.ts";
import type { DrilledPair } from "../pair.ts";
import { restorations } from "../restorations.ts";
import { nowMs, pause } from "../time.ts";
import { injuryOf } from "./injury.ts";
import { type JudgedEpisode, judgeEpisode } from "./judgeEpisode.ts";
import { type Episode, type Fault, type Place, type PlannedFault, partingFault } from "./plan.ts";
import type { RouteClients } from "./routeClients.ts";

/** A pair under way, and what its clients see. */
export interface Ground {
  readonly pair: DrilledPair;
  readonly places: readonly Place[];
  readonly watch: HolderWatch;
  /** New clients of SQL, all the time. */
  readonly prober: Prober;
  readonly writer: Writer;
  /** Of a pair with an edge and routes. */
  readonly routes?: RouteClients;
  readonly signal: AbortSignal;
}

/** A fault as it was: times in ms on the monotonic clock. */
interface PlayedFault {
  readonly fault: Fault;
  readonly begunMs: number;
  readonly healedMs: number;
}

export interface PlayedEpisode extends JudgedEpisode {
  readonly faults: readonly PlayedFault[];
  /** The pair is not well after it: nothing more can be learnt from further faults. */
  readonly broken: boolean;
}

/** Includes the boot of all machines and the checks of the poolers. */
const healthyWithinMs = 60_000;

/** Breaks what the episode says in a healthy pair, heals it, waits until everything is well, and judges. */
export async function playEpisode(ground: Ground, episode: Episode): Promise<PlayedEpisode> {
  const { pair, places, watch, prober, writer, routes, signal } = ground;
  const fromMs = nowMs();
  await pause(episode.quietMs, signal);
  const faults = await playFaults(ground, episode.faults);
  const healedMs = Math.max(...faults.map((fault) => fault.healedMs));
  const problem = async () =>
    unserved({
      probes: prober.probes,
      intervalMs: besidePace.intervalMs,
      sinceMs: healedMs,
      nowMs: nowMs(),
    }) ??
    (await unhealthy(pair, watch)) ??
    (await routes?.problem(healedMs));
  const remaining = await waitWhile(healthyWithinMs, problem, { everyMs: 100, signal });
  const toMs = nowMs();
  const broken = remaining !== undefined;
  return {
    ...judgeEpisode({
      fromMs,
      healedMs,
      toMs,
      probes: prober.probes,
      changes: watch.changes,
      unhealthy: remaining,
      left: broken ? [] : await leftBehind(ground, healedMs),
      rows: broken ? undefined : await writer.check(),
      routes: broken ? undefined : await routes?.check({ fromMs, healedMs }),
      parting: partingFault(
        episode.faults.map(({ fault }) => fault),
        places,
      ),
    }),
    faults,
    broken,
  };
}

async function playFaults(ground: Ground, planned: readonly PlannedFault[]): Promise<readonly PlayedFault[]> {
  const { add, undo } = restorations();
  // One that fails must not leave the other one under way.
  const ends = await Promise.allSettled(planned.map((each) => playFault(ground, each, add)));
  const problems = await undo();
  for (const problem of problems) console.error(problem);
  return ends.map((end) => {
    if (end.status === "rejected") throw end.reason;
    return end.value;
  });
}

async function playFault(
  ground: Ground,
  { fault, atMs, forMs }: PlannedFault,
  restore: (step: () => void | Promise<void>) => void,
): Promise<PlayedFault> {
  const { signal } = ground;
  const injury = injuryOf(fault, ground);
  let isHealed = false;
  restore(async () => {
    if (!isHealed) await injury.heal();
  });
  await pause(atMs, signal);
  const begunMs = nowMs();
  await injury.begin();
  await pause(Math.max(0, begunMs + forMs - nowMs()), signal);
  const healedMs = nowMs();
  await injury.heal();
  isHealed = true;
  return { fault, begunMs, healedMs };
}

/** The transactions of before the heal that are still open when all should have ended. */
async function leftBehind({ pair, signal }: Ground, healedMs: number): Promise<readonly string[]> {
  let left: readonly string[] = [];
  const problem = async () => {
    left = await transactionsBefore(pair, healedMs).catch((error) => [messageOf(error)]);
    return left[0];
  };
  const deadlineMs = Math.max(1000, healedMs + chaosBudget.releasedMs - nowMs());
  await waitWhile(deadlineMs, problem, { everyMs: 200, signal });
  return left;
}
