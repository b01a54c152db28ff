import { type Statistics, statistics } from "../measure/drillResult.ts";
import { type Fault, faultSentence } from "./plan.ts";
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
}

interface ToldFault {
  readonly fault: Fault;
  readonly fromMs: number;
  readonly toMs: number;
}

/** @param number from 0; @param startMs when the first episode began */
export function toldEpisode(played: PlayedEpisode, number: number, startMs: number): ToldEpisode {
  const { faults, recoveryMs, twoHoldersMs, parted, acknowledged, lost, violations } = played;
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
    recoveryMs: statistics(played.map(({ recoveryMs }) => recoveryMs)),
    twoHoldersMs: twoHolders(played.filter(({ parted }) => parted === undefined)),
    partedTwoHoldersMs: twoHolders(played.filter(({ parted }) => parted !== undefined)),
    violations,
    ok: violations.length === 0,
    played,
  };
}

/** The command that plays the same faults again, and the faults up to the last violation; "" where there is none. */
export function reproducer(
  { played, violations, seed, seconds }: ChaosResult,
  stack: readonly string[],
): string {
  if (violations.length === 0) return "";
  const last = played.findLastIndex((episode) => episode.violations.length > 0);
  return [
    `npm run drill -- chaos --seconds ${seconds} --seed ${seed}${stack.map((word) => ` ${word}`).join("")}`,
    ...played.slice(0, last + 1).flatMap(episodeLines),
  ].join("\n");
}

/** An episode in lines: its faults with their times, what came of them, and what must not have happened. */
export function episodeLines({
  number,
  faults,
  recoveryMs,
  twoHoldersMs,
  parted,
  violations,
}: ToldEpisode): string[] {
  const two = Math.round(twoHoldersMs) > 0 ? `, two holders for ${twoHoldersMs.toFixed(0)} ms` : "";
  const why = two !== "" && parted !== undefined ? ` (inevitable: ${parted})` : "";
  const recovery = Number.isFinite(recoveryMs)
    ? `recovered after ${recoveryMs.toFixed(0)} ms`
    : "not recovered";
  return [
    ...faults.map(
      ({ fault, fromMs, toMs }) => `  ${seconds(fromMs)} to ${seconds(toMs)}  ${faultSentence(fault)}`,
    ),
    `  ${" ".repeat(22)}  episode ${number}: ${recovery}${two}${why}`,
    ...violations.map((sentence) => `  ${" ".repeat(22)}  VIOLATION: ${sentence}`),
  ];
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`.padStart(9);
}
