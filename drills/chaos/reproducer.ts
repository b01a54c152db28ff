import type { ChaosResult, ToldEpisode } from "./chaosResult.ts";
import { faultSentence } from "./plan.ts";

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
