import { messageOf } from "../base/failure.ts";
import { budgets } from "./budgets.ts";
import { howAsked, probePlan } from "./clients/asking.ts";
import { spreadTunnels } from "./clients/openTunnels.ts";
import { startProber } from "./clients/startProber.ts";
import type { Kind, Scene, Stage } from "./kinds/kind.ts";
import { unserved } from "./measure/outage.ts";
import { type RoundResult, seenResult } from "./measure/roundResult.ts";
import { judgeTunnels } from "./measure/tunnels.ts";
import { unhealthy, unhealthyEgress } from "./observe/health.ts";
import type { HolderWatch } from "./observe/watchHolders.ts";
import type { DrilledPair } from "./pair.ts";
import { nowMs, waitUntil } from "./time.ts";

/** A machine's boot and a pooler's check are in it. */
const healthyWithinMs = 60_000;
/** Of a repair clients see at most what a move of the address costs, as one-way-cut bounds it. */
const { outageMs: atOnceMs } = budgets["one-way-cut"];
/** An outage longer than this is none that ends by itself. */
const servedWithinMs = 20_000;

/**
 * One round: a healthy pair, clients that are served, the failure, its repair, a healthy pair. Whatever the kind has
 * to restore is restored, also where the round fails or is aborted.
 */
export async function playRound(
  kind: Kind,
  pair: DrilledPair,
  watch: HolderWatch,
  round: number,
  signal: AbortSignal,
): Promise<RoundResult> {
  const { add, undo } = restorations();
  let troubles: readonly string[] = [];
  let result: RoundResult;
  try {
    result = await measureRound(kind, { pair, round, watch, signal, restore: add });
  } finally {
    troubles = await undo();
    for (const trouble of troubles) console.error(trouble);
  }
  return { ...result, faults: [...result.faults, ...troubles] };
}

async function measureRound(
  kind: Kind,
  given: Pick<Scene, "pair" | "round" | "watch" | "signal" | "restore">,
): Promise<RoundResult> {
  const { pair, watch, signal, restore } = given;
  const { intervalMs, promptMs } = howAsked(kind);
  const amiss = async () =>
    (await unhealthy(pair, watch)) ?? (kind.ask === "egress" ? await unhealthyEgress(pair) : undefined);
  const healthy = () => waitUntil(amiss, healthyWithinMs, signal, 100);
  await healthy();
  const [holder = ""] = watch.holders();
  const faults: string[] = [];
  let repairedMs: number | undefined;
  const stage: Stage = {
    ...given,
    holder,
    healthy,
    passed: (sinceMs: number, lengthMs: number) =>
      waitUntil(
        () => (nowMs() - sinceMs < lengthMs ? "it is too early" : undefined),
        lengthMs + 1000,
        signal,
      ),
    repaired: () => {
      repairedMs = nowMs();
    },
    fault: (sentence: string) => void faults.push(sentence),
  };
  const struck = (await kind.prepare?.(stage)) ?? holder;
  const tunnels = kind.ask === "egress" ? await spreadTunnels({ ...stage, holder: struck }) : undefined;

  const prober = startProber(pair.lab, probePlan(kind.ask, pair));
  restore(async () => {
    await prober.stop();
  });
  const served = (sinceMs: number) => {
    const asked = { probes: prober.probes, intervalMs, sinceMs };
    return waitUntil(() => unserved({ ...asked, nowMs: nowMs() }), servedWithinMs, signal);
  };
  await served(nowMs());
  const fromMs = nowMs();
  const exits = new Set<string>();
  let untoldMs = Number.NEGATIVE_INFINITY;
  let switches: number | undefined;
  let stranded: number | undefined;
  await kind.play({
    ...stage,
    holder: struck,
    served,
    probes: (sinceMs) => prober.probes.filter(({ startMs }) => startMs >= sinceMs),
    stranded: (sessions) => {
      stranded = sessions.length;
      faults.push(...sessions.map((session) => `a client was stranded: session ${session}`));
    },
    mayLose: (doomed) => {
      for (const exit of doomed) exits.add(exit);
    },
    gone: () => {
      untoldMs = nowMs();
    },
    switched: (count) => {
      switches = count;
    },
  });
  await served(nowMs());
  const toMs = nowMs();
  const probes = await prober.stop();
  await tunnels?.settled(signal);
  const nameOf = (exit: string) => pair.egress?.servers.find(({ address }) => address === exit)?.name ?? exit;
  const held = tunnels && judgeTunnels(tunnels.exits.length, [...tunnels.lost], { exits, untoldMs }, nameOf);
  const { changes } = watch;
  return {
    ...seenResult({ probes, changes, fromMs, toMs, repairedMs, promptMs, atOnceMs }),
    ...(stranded !== undefined && { stranded }),
    ...(held && { tunnels: held.tunnels }),
    ...(switches !== undefined && { switches }),
    faults: [...faults, ...(held?.faults ?? [])],
  };
}

type Step = () => void | Promise<void>;

/** What a round has to bring back, in whatever way it ends. */
export interface Restorations {
  add(step: Step): void;
  /** Does every step, the last one first; one that fails keeps none of the others from being done. @returns what failed */
  undo(): Promise<readonly string[]>;
}

export function restorations(): Restorations {
  const steps: Step[] = [];
  return {
    add: (step) => void steps.push(step),
    undo: async () => {
      const troubles: string[] = [];
      for (const step of steps.splice(0).toReversed()) {
        try {
          await step();
        } catch (error) {
          troubles.push(`not restored: ${messageOf(error)}`);
        }
      }
      return troubles;
    },
  };
}
