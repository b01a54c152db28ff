import type { EgressGroupConfig } from "../../../contract/egressConfig.ts";
import type { ServerMemory } from "../memory.ts";
import type { HaproxyServerState } from "../observation.ts";
import type { Held, SwitchWhy } from "./verdict.ts";

export interface Candidate {
  readonly memory: ServerMemory;
  readonly view: HaproxyServerState | undefined;
  readonly lastResort: boolean;
  readonly held: boolean;
}

export interface Choice {
  readonly to: Candidate;
  readonly why: SwitchWhy;
}

export interface Incumbent {
  /** The preferred server's name; null where there never was one. */
  readonly name: string | null;
  /** Whether it carried traffic at the last election. */
  readonly wasUsable: boolean;
  readonly dwellIsOver: boolean;
}

/** From this many remembered failures on, a lower latency alone does not make a server preferred. */
const flapping = 2;

/** Where the preference moves; undefined where it stays. Candidates are in the order of the config. */
export function choose(
  candidates: readonly Candidate[],
  present: Incumbent,
  hysteresis: EgressGroupConfig["hysteresis"],
): Choice | undefined {
  const here = candidates.find(({ memory }) => memory.name === present.name);
  if (here?.memory.usable) return improvement(candidates, here, present.dwellIsOver, hysteresis);
  const usable = candidates.filter(({ memory }) => memory.usable);
  const why = whyLeave(here, present, usable.length > 0);
  const to = usable.length === 0 ? lastTry(candidates, here) : best(usable, why === "first");
  return to === undefined || to === here ? undefined : { to, why };
}

function improvement(
  candidates: readonly Candidate[],
  here: Candidate,
  dwellIsOver: boolean,
  hysteresis: EgressGroupConfig["hysteresis"],
): Choice | undefined {
  const real = candidates.filter(({ memory, lastResort }) => memory.usable && !lastResort);
  const better = here.lastResort
    ? // Where haproxy finds every server dead, the failure that began the hold-down may have the same cause.
      real.filter(({ memory, held }) => !held || memory.unchecked)
    : real.filter(
        ({ memory, held }) =>
          dwellIsOver &&
          !held &&
          memory.failures < flapping &&
          memory.betterRounds >= hysteresis.rounds &&
          beats(memory, here.memory, hysteresis),
      );
  const to = best(better, false);
  return to && { to, why: here.lastResort ? "recovered" : "better" };
}

function whyLeave(here: Candidate | undefined, present: Incumbent, someWork: boolean): SwitchWhy {
  if (present.name === null) return "first";
  if (here === undefined) return "removed";
  if (here.view === "maint") return "maint";
  return someWork && !present.wasUsable ? "recovered" : "failed";
}

/** Servers not held down come first, then real ones before last resorts, then the quickest, or the first of the config. */
function best(candidates: readonly Candidate[], inOrder: boolean): Candidate | undefined {
  const rank = ({ held, lastResort }: Candidate): number => (held ? 2 : 0) + (lastResort ? 1 : 0);
  const latency = ({ memory }: Candidate): number => (inOrder ? 0 : (memory.ewmaMs ?? Number.MAX_VALUE));
  return candidates.toSorted((a, b) => rank(a) - rank(b) || latency(a) - latency(b))[0];
}

/** No server is known to carry traffic: stay where haproxy says up, else take the first that it says is up. */
function lastTry(candidates: readonly Candidate[], here: Candidate | undefined): Candidate | undefined {
  const up = candidates.filter(({ view }) => view === "up");
  const real = up.filter(({ lastResort }) => !lastResort);
  const worth = real.length > 0 ? real : up;
  return here !== undefined && worth.includes(here) ? here : worth[0];
}

/** Whether a server is better than the preferred one by the margin; false where one of them is not measured. */
export function beats(
  { name, ewmaMs }: ServerMemory,
  preferred: ServerMemory | undefined,
  hysteresis: EgressGroupConfig["hysteresis"],
): boolean {
  if (preferred === undefined || preferred.name === name) return false;
  if (ewmaMs === null || preferred.ewmaMs === null) return false;
  return ewmaMs < preferred.ewmaMs && preferred.ewmaMs - ewmaMs >= marginOver(preferred.ewmaMs, hysteresis);
}

/** By how many ms a server has to be better than one of this latency. */
export function marginOver(
  latencyMs: number,
  { marginMs, marginPercent }: EgressGroupConfig["hysteresis"],
): number {
  return Math.max(marginMs, (latencyMs * marginPercent) / 100);
}

/** The usable servers that are better and not preferred yet, and what each waits for. */
export function heldBack(
  candidates: readonly Candidate[],
  preferred: Candidate | undefined,
  hysteresis: EgressGroupConfig["hysteresis"],
): Held[] {
  if (preferred === undefined) return [];
  return candidates.flatMap<Held>(({ memory, lastResort, held }) => {
    const server = memory.name;
    if (!memory.usable || lastResort || server === preferred.memory.name) return [];
    if (preferred.lastResort) return held ? [{ server, why: "hold-down" }] : [];
    if (!beats(memory, preferred.memory, hysteresis) || memory.betterRounds === 0) return [];
    if (memory.betterRounds < hysteresis.rounds) return [{ server, why: "rounds" }];
    if (held) return [{ server, why: "hold-down" }];
    return [{ server, why: memory.failures < flapping ? "dwell" : "flaps" }];
  });
}
