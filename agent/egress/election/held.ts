import type { EgressGroupConfig } from "../../../topology/egressConfig.ts";
import { beats } from "./beats.ts";
import { type Candidate, flapping } from "./choose.ts";
import type { Held } from "./verdict.ts";

/** The usable servers that wait, with what each of them waits for. */
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
