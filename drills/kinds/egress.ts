import { agentUnit } from "../../contract/agentConfig.ts";
import type { EgressServerConfig } from "../../contract/egressConfig.ts";
import { egressStateFile } from "../../render/paths.ts";
import { heldTunnels, paces, tunnelPlan } from "../clients/pace.ts";
import { startTunnels, type Tunnels } from "../clients/tunnels.ts";
import { run } from "../machine.ts";
import { type Probe, unserved } from "../measure/outage.ts";
import { askHaproxy, preferredOn } from "../observe/daemons.ts";
import { type DrilledPair, egressOf } from "../pair.ts";
import { restoreAll } from "../proxies.ts";
import { nowMs, waitUntil } from "../time.ts";
import type { Kind, Preparation, Round } from "./kind.ts";

const chosenWithinMs = 10_000;

/** A kind whose clients go through the egress. */
export function egressKind(kind: Omit<Kind, "ask">): Kind {
  return {
    ...kind,
    ask: "egress",
    prepare: async (preparation) => {
      preparation.restore(() => restoreAll(preparation.pair.lab));
      await forgetFailures(preparation);
      return (await kind.prepare?.(preparation)) ?? preparation.holder;
    },
  };
}

/** Resets the agents' state: the hold-down doubles with each failure, so the rounds would differ. */
async function forgetFailures({ pair, holder, healthy, signal }: Preparation): Promise<void> {
  await onEveryNode(
    pair,
    `systemctl stop ${agentUnit} && rm -f ${egressStateFile} && systemctl start ${agentUnit}`,
  );
  const [first] = egressOf(pair).servers;
  const problem = async () => {
    const preferred = await preferredOn(pair, holder);
    return preferred === first?.name ? undefined : `${holder} prefers ${preferred}, and not ${first?.name}`;
  };
  await waitUntil(problem, chosenWithinMs, signal);
  // A first measurement that fails closes what is open through that proxy: no client may be connected by then.
  await healthy();
}

/** A round of measurements, an election, and reserve for a busy host. */
const movedWithinMs = 5000;

/**
 * Opens long connections through the holder, half of them through each of two proxies: when one of the two fails, the
 * connections through the other must not notice. A drain moves the preference in between, as an operator would.
 */
export async function spreadTunnels({
  pair,
  holder,
  signal,
  restore,
}: Pick<Preparation, "pair" | "holder" | "signal" | "restore">): Promise<Tunnels> {
  const { backend, servers } = egressOf(pair);
  const tunnels = startTunnels(pair.lab, tunnelPlan(pair));
  restore(() => tunnels.close());
  const [first] = await tunnels.open(heldTunnels.count / 2, signal);
  const drained = servers.find(({ address }) => address === first);
  if (!drained) throw new Error(`${first} is not a proxy of the pair`);
  const set = async (state: "drain" | "ready") => {
    await askHaproxy(pair.lab, holder, `set server ${backend}/${drained.name} state ${state}`);
  };
  restore(() => set("ready"));
  await set("drain");
  const problem = async () =>
    (await preferredOn(pair, holder)) === drained.name
      ? `${drained.name} is drained and still preferred`
      : undefined;
  await waitUntil(problem, movedWithinMs, signal);
  await tunnels.open(heldTunnels.count / 2, signal);
  await set("ready");
  return tunnels;
}

/** Time for the agent to change its preference once more after the drain has ended. */
const settledMs = 1000;

/** Waits until one proxy has carried every request of the last second. @returns that proxy */
export async function servingProxy(
  { pair, probes, signal }: Pick<Round, "pair" | "probes" | "signal">,
  withinMs = 10_000,
): Promise<EgressServerConfig> {
  const { servers } = egressOf(pair);
  const begun = nowMs();
  let serving: EgressServerConfig | undefined;
  const problem = () => {
    if (nowMs() - begun < settledMs) return "it is too early";
    const exits = new Set(probes(nowMs() - settledMs).map(({ exit }) => exit));
    const [exit] = exits;
    serving = exits.size === 1 ? servers.find(({ address }) => address === exit) : undefined;
    return serving ? undefined : `requests leave by ${[...exits].join(" and ") || "nowhere"}`;
  };
  await waitUntil(problem, withinMs, signal);
  if (!serving) throw new Error("the wait ended without a serving proxy");
  return serving;
}

/** Waits until for half a second every request, begun after `sinceMs`, was served by another proxy than these. */
export async function servedElsewhere(
  { probes, signal }: Pick<Round, "probes" | "signal">,
  sinceMs: number,
  dead: readonly string[],
  withinMs = 20_000,
): Promise<void> {
  const asFailure = ({ exit, ...probe }: Probe): Probe =>
    exit !== undefined && dead.includes(exit) ? { ...probe, failure: `they still leave by ${exit}` } : probe;
  const { intervalMs } = paces.egress;
  const problem = () =>
    unserved({ probes: probes(sinceMs).map(asFailure), intervalMs, sinceMs, nowMs: nowMs() });
  await waitUntil(problem, withinMs, signal);
}

/** Kills every node's agent (kill -9), does the work, and starts the agents again. */
export async function withoutAgents(
  { pair, restore }: Pick<Round, "pair" | "restore">,
  work: () => Promise<void>,
): Promise<void> {
  const start = () => onEveryNode(pair, `systemctl start ${agentUnit}`);
  restore(start);
  // The unit starts it again after 100 ms: a stop prevents that, or ends the new one.
  await onEveryNode(pair, `systemctl kill --signal=KILL ${agentUnit} && systemctl stop ${agentUnit}`);
  await work();
  await start();
}

async function onEveryNode({ lab, nodes }: DrilledPair, command: string): Promise<void> {
  await Promise.all(nodes.map((node) => run(lab, node, ["sh", "-c", command])));
}
