import type { EgressServerConfig } from "../../../../topology/egressConfig.ts";
import { egressOf } from "../../drilledEgress.ts";
import { nowMs } from "../../observe/clock.ts";
import type { Scene } from "../../scene.ts";
import { waitUntil } from "../../waitUntil.ts";

/** Time for the agent to change its mind once more after an operator's drain has ended. */
const settledMs = 1000;
const unbrokenMs = 500;

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
  const amiss = () => {
    if (nowMs() - sinceMs < unbrokenMs) return "it is too early";
    const latest = probes(Math.max(sinceMs, nowMs() - unbrokenMs));
    if (latest.length === 0) return "clients get no answer";
    const failed = latest.find(({ failure }) => failure !== undefined);
    if (failed) return `clients are not served (${failed.failure})`;
    const old = latest.find(({ exit }) => exit !== undefined && dead.includes(exit));
    return old && `requests still leave by ${old.exit}`;
  };
  await waitUntil(amiss, withinMs, signal);
}
