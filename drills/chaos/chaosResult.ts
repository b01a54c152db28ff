import { type Statistics, statistics } from "../measure/drillResult.ts";
import type { Fault } from "./plan.ts";
import type { PlayedEpisode } from "./playEpisode.ts";

/** An episode as it is told: times in ms since the first episode began. */
export interface ToldEpisode
  extends Pick<PlayedEpisode, "recoveryMs" | "twoHoldersMs" | "parted" | "violations"> {
  /** From 1. */
  readonly number: number;
  readonly faults: readonly ToldFault[];
  /** Rows since the first episode. */
  readonly acknowledged: number;
  readonly lost: number;
  readonly routes?: {
    /** Changes since the first episode. */
    readonly acknowledged: number;
    readonly lost: number;
    readonly changedAfterMs: number;
  };
}

interface ToldFault {
  readonly fault: Fault;
  readonly fromMs: number;
  readonly toMs: number;
}

/** @param number from 0; @param startMs when the first episode began */
export function toldEpisode(played: PlayedEpisode, number: number, startMs: number): ToldEpisode {
  const { faults, recoveryMs, twoHoldersMs, parted, acknowledged, lost, routes, violations } = played;
  const since = (atMs: number) => Math.round(atMs - startMs);
  return {
    number: number + 1,
    faults: faults.map(({ fault, begunMs, healedMs }) => ({
      fault,
      fromMs: since(begunMs),
      toMs: since(healedMs),
    })),
    recoveryMs,
    twoHoldersMs,
    ...(parted !== undefined && { parted }),
    acknowledged,
    lost: lost.length,
    ...(routes && { routes: { ...routes, lost: routes.lost.length } }),
    violations,
  };
}

/** What random faults did to a pair. */
export interface ChaosResult {
  readonly kind: "chaos";
  readonly seed: number;
  readonly seconds: number;
  readonly episodes: number;
  readonly faults: number;
  readonly acknowledged: number;
  readonly lost: number;
  /** Of a pair with an edge and routes: changes, and from the heal until one was made on all nodes. */
  readonly routes?: {
    readonly acknowledged: number;
    readonly lost: number;
    readonly changedAfterMs: Statistics;
  };
  /** From the heal of each episode. */
  readonly recoveryMs: Statistics;
  /** With two holders in an episode: where the nodes could hear each other, and where they could not. */
  readonly twoHoldersMs: Pick<Statistics, "median" | "max">;
  readonly partedTwoHoldersMs: Pick<Statistics, "median" | "max">;
  /** Each with the number of its episode, as sentences. */
  readonly violations: readonly string[];
  readonly ok: boolean;
  readonly played: readonly ToldEpisode[];
}

/** @throws where no episode was played */
export function chaosResult(
  { seed, seconds }: Pick<ChaosResult, "seed" | "seconds">,
  played: readonly ToldEpisode[],
): ChaosResult {
  const violations = played.flatMap((episode) =>
    episode.violations.map((sentence) => `episode ${episode.number}: ${sentence}`),
  );
  const twoHolders = (episodes: readonly ToldEpisode[]) => {
    const { median, max } = statistics([0, ...episodes.map(({ twoHoldersMs }) => twoHoldersMs)]);
    return { median, max };
  };
  return {
    kind: "chaos",
    seed,
    seconds,
    episodes: played.length,
    faults: played.reduce((sum, { faults }) => sum + faults.length, 0),
    // An episode after which the database could not be asked knows nothing of rows.
    acknowledged: Math.max(...played.map(({ acknowledged }) => acknowledged)),
    lost: played.reduce((sum, { lost }) => sum + lost, 0),
    ...routesResult(played.flatMap(({ routes }) => routes ?? [])),
    recoveryMs: statistics(played.map(({ recoveryMs }) => recoveryMs)),
    twoHoldersMs: twoHolders(played.filter(({ parted }) => parted === undefined)),
    partedTwoHoldersMs: twoHolders(played.filter(({ parted }) => parted !== undefined)),
    violations,
    ok: violations.length === 0,
    played,
  };
}

function routesResult(played: readonly NonNullable<ToldEpisode["routes"]>[]): Pick<ChaosResult, "routes"> {
  const last = played.at(-1);
  if (last === undefined) return {};
  return {
    routes: {
      acknowledged: last.acknowledged,
      lost: played.reduce((sum, { lost }) => sum + lost, 0),
      changedAfterMs: statistics(played.map(({ changedAfterMs }) => changedAfterMs)),
    },
  };
}
