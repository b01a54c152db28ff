import type { EgressGroupConfig } from "../../../topology/egressConfig.ts";
import type { ServerMemory } from "../memory.ts";

/** Whether a server is better than the preferred one by the whole margin; never where one of them is unmeasured. */
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
