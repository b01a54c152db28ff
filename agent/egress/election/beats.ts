import type { EgressGroupConfig } from "../../../topology/egressConfig.ts";
import type { ServerMemory } from "../memory.ts";

/** Whether a server is better than the preferred one by the whole margin; never where one of them is unmeasured. */
export function beats(
  { name, ewmaMs }: ServerMemory,
  preferred: ServerMemory | undefined,
  { marginMs, marginPercent }: EgressGroupConfig["hysteresis"],
): boolean {
  if (preferred === undefined || preferred.name === name) return false;
  if (ewmaMs === null || preferred.ewmaMs === null) return false;
  const margin = Math.max(marginMs, (preferred.ewmaMs * marginPercent) / 100);
  return ewmaMs < preferred.ewmaMs && preferred.ewmaMs - ewmaMs >= margin;
}
