import type { WebSocketsLine } from "../clients/edge/webSocketsPlan.ts";

/** What became of sessions while a target of theirs left a route. */
export interface Drained {
  readonly held: number;
  /** Of them on the target that left. */
  readonly leaving: number;
  /** Closed although their target stayed, or before the bound. */
  readonly broken: number;
  /** New ones on the target that had left. */
  readonly misled: number;
}

export interface Leaving {
  /** Name of the target. */
  readonly target: string;
  /** When the routes no longer had it, on the clients' clock, ms. */
  readonly atMs: number;
  /** Sessions may stay on it for this long, ms. */
  readonly drainMs: number;
}

/** Clocks and closings are so inexact, ms. */
const slackMs = 2000;
/** Faults that are told one by one. */
const most = 5;

/** Judges what clients have seen. @returns with faults, as sentences */
export function judgeDrain(
  lines: readonly WebSocketsLine[],
  { target, atMs, drainMs }: Leaving,
): {
  readonly drained: Drained;
  readonly faults: readonly string[];
  readonly lastClosedMs: number | undefined;
} {
  const of = (kind: WebSocketsLine["kind"]) => lines.filter((line) => line.kind === kind);
  const leaves = (line: WebSocketsLine) => line.target === target;
  const closed = of("closed");
  const inTime = (line: WebSocketsLine) => leaves(line) && line.atMs >= atMs + drainMs - slackMs;
  const broken = [...of("failed"), ...closed.filter((line) => !inTime(line))];
  const misled = of("new").filter((line) => leaves(line) && line.atMs > atMs);
  const held = of("held");
  const leaving = held.filter(leaves).length;
  const left = leaving - closed.filter(leaves).length;
  const when = (line: WebSocketsLine) =>
    `${((line.atMs - atMs) / 1000).toFixed(1)} s after the target had left`;
  const faults = [
    ...broken.map((line) => `a session of ${line.target || "no target"} broke ${when(line)}: ${line.words}`),
    ...misled.map((line) => `a new session came to ${line.target} ${when(line)}`),
  ];
  return {
    drained: { held: held.length, leaving, broken: broken.length, misled: misled.length },
    faults: [
      ...faults.slice(0, most),
      ...(faults.length > most ? [`${faults.length - most} more sessions broke, or came to ${target}`] : []),
      ...(left > 0 ? [`${left} sessions of ${target} are open after the bound`] : []),
    ],
    lastClosedMs: closed.filter(leaves).at(-1)?.atMs,
  };
}

/** Of all rounds together. */
export function addUpDrained(rounds: readonly Drained[]): Drained {
  const sum = (of: (one: Drained) => number) => rounds.reduce((total, one) => total + of(one), 0);
  return {
    held: sum(({ held }) => held),
    leaving: sum(({ leaving }) => leaving),
    broken: sum(({ broken }) => broken),
    misled: sum(({ misled }) => misled),
  };
}
