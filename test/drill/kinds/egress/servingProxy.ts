import type { EgressServerConfig } from "../../../../topology/egressConfig.ts";
import { asking } from "../../asking.ts";
import { egressOf } from "../../drilledEgress.ts";
import type { Probe } from "../../measure/outage.ts";
import { unserved } from "../../measure/unserved.ts";
import { nowMs } from "../../observe/clock.ts";
import type { Scene } from "../../scene.ts";
import { waitUntil } from "../../waitUntil.ts";

/** Time for the agent to change its mind once more after an operator's drain has ended. */
const settledMs = 1000;

/** The proxy that has carried every request of the last second. */
export async function servingProxy(
  { pair, probes, signal }: Pick<Scene, "pair" | "probes" | "signal">,
  withinMs = 10_000,
): Promise<EgressServerConfig> {
  const { servers } = egressOf(pair);
  const begunMs = nowMs();
  let serving: EgressServerConfig | undefined;
  const amiss = () => {
    if (nowMs() - begunMs < settledMs) return "it is too early";
    const exits = new Set(probes(nowMs() - settledMs).map(({ exit }) => exit));
    const [exit] = exits;
    serving = exits.size === 1 ? servers.find(({ address }) => address === exit) : undefined;
    return serving ? undefined : `requests leave by ${[...exits].join(" and ") || "nowhere"}`;
  };
  await waitUntil(amiss, withinMs, signal);
  if (!serving) throw new Error("a wait that ended found a proxy");
  return serving;
}

/** Waits until for half a second every request, begun after `sinceMs`, was served by another proxy than these. */
export async function servedElsewhere(
  { probes, signal }: Pick<Scene, "probes" | "signal">,
  sinceMs: number,
  dead: readonly string[],
  withinMs = 20_000,
): Promise<void> {
  const elsewhere = ({ exit, ...probe }: Probe): Probe =>
    exit !== undefined && dead.includes(exit) ? { ...probe, failure: `they still leave by ${exit}` } : probe;
  const amiss = () => {
    const asked = { probes: probes(sinceMs).map(elsewhere), intervalMs: asking.egress.intervalMs };
    return unserved({ ...asked, sinceMs, nowMs: nowMs() });
  };
  await waitUntil(amiss, withinMs, signal);
}
