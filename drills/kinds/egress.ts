import type { EgressServerConfig } from "../../contract/egressConfig.ts";
import { egressStateFile, egressUnit } from "../../render/paths.ts";
import { asking } from "../clients/asking.ts";
import { run } from "../machine.ts";
import { type Probe, unserved } from "../measure/outage.ts";
import { preferredOn } from "../observe/daemons.ts";
import { egressOf } from "../pair.ts";
import { restoreAll } from "../proxies.ts";
import { nowMs, waitUntil } from "../time.ts";
import type { Kind, Scene, Stage } from "./kind.ts";

const chosenWithinMs = 10_000;

/** A kind whose clients go through the egress. */
export function egressKind(kind: Omit<Kind, "ask">): Kind {
  return {
    ...kind,
    ask: "egress",
    prepare: async (stage) => {
      stage.restore(() => restoreAll(stage.pair.lab));
      await forgetFailures(stage);
      return (await kind.prepare?.(stage)) ?? stage.holder;
    },
  };
}

/** The hold-down doubles with each failure: without this every round would be another one than the round before. */
async function forgetFailures({ pair, holder, healthy, signal }: Stage): Promise<void> {
  const anew = `systemctl stop ${egressUnit} && rm -f ${egressStateFile} && systemctl start ${egressUnit}`;
  await Promise.all(pair.nodes.map((node) => run(pair.lab, node, ["sh", "-c", anew])));
  const [first] = egressOf(pair).servers;
  const amiss = async () => {
    const preferred = await preferredOn(pair, holder);
    return preferred === first?.name ? undefined : `${holder} prefers ${preferred}, and not ${first?.name}`;
  };
  await waitUntil(amiss, chosenWithinMs, signal);
  // A first measurement that fails closes what is open through that proxy: clients come after it.
  await healthy();
}

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

/** Every node's agent is killed (kill -9) and stays away for the work. */
export async function withoutAgents(
  { pair, restore }: Pick<Scene, "pair" | "restore">,
  work: () => Promise<void>,
): Promise<void> {
  const everywhere = (command: string) =>
    Promise.all(pair.nodes.map((node) => run(pair.lab, node, ["sh", "-c", command])));
  const start = async () => {
    await everywhere(`systemctl start ${egressUnit}`);
  };
  restore(start);
  // Its unit would start it again after a second: a stop by then keeps it away.
  await everywhere(`systemctl kill --signal=KILL ${egressUnit} && systemctl stop ${egressUnit}`);
  await work();
  await start();
}
