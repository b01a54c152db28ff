import { budgets } from "./budgets.ts";
import { besidePace, paceOf, probePlan } from "./clients/pace.ts";
import { startProber } from "./clients/prober.ts";
import { spreadTunnels } from "./kinds/egress.ts";
import type { Kind, Preparation, Round } from "./kinds/kind.ts";
import type { Drained } from "./measure/drained.ts";
import { outageMs, unserved } from "./measure/outage.ts";
import { type RoundResult, seenResult } from "./measure/roundResult.ts";
import { judgeTunnels } from "./measure/tunnels.ts";
import { unhealthy, unhealthyEgress } from "./observe/health.ts";
import { ownerFaults, ownersOf } from "./observe/owners.ts";
import { unhealthyRoutes } from "./observe/routes.ts";
import type { HolderWatch } from "./observe/watchHolders.ts";
import type { DrilledPair } from "./pair.ts";
import { restorations } from "./restorations.ts";
import { nowMs, pause, waitUntil } from "./time.ts";

/** Includes the boot of a machine and the checks of a pooler. */
const healthyWithinMs = 60_000;
/** A repair costs clients at most a move of the address, which one-way-cut limits. */
const { outageMs: atOnceMs } = budgets["one-way-cut"];
/** A longer outage counts as permanent. */
const servedWithinMs = 20_000;

/**
 * One round: a healthy pair, clients that are served, the failure, its repair, a healthy pair. The repairs that the
 * kind has registered are done also where the round fails or is aborted.
 */
export async function playRound(
  kind: Kind,
  pair: DrilledPair,
  watch: HolderWatch,
  index: number,
  signal: AbortSignal,
): Promise<RoundResult> {
  const { add, undo } = restorations();
  let problems: readonly string[] = [];
  let result: RoundResult;
  try {
    result = await measureRound(kind, { pair, index, watch, signal, restore: add });
  } finally {
    problems = await undo();
    for (const problem of problems) console.error(problem);
  }
  return { ...result, faults: [...result.faults, ...problems] };
}

type Given = Pick<Preparation, "pair" | "index" | "watch" | "signal" | "restore">;

async function measureRound(kind: Kind, given: Given): Promise<RoundResult> {
  const { pair, watch, signal, restore } = given;
  const { intervalMs, promptMs } = paceOf(kind);
  const preparation = await prepare(kind, given);
  const tunnels = kind.ask === "egress" ? await spreadTunnels(preparation) : undefined;

  const prober = startProber(pair.lab, probePlan(kind.ask, pair));
  restore(async () => {
    await prober.stop();
  });
  const sql = kind.sqlBeside && startProber(pair.lab, probePlan("query", pair, besidePace));
  restore(async () => {
    await sql?.stop();
  });
  const served = (sinceMs: number) => {
    const asked = { probes: prober.probes, intervalMs, sinceMs };
    return waitUntil(() => unserved({ ...asked, nowMs: nowMs() }), servedWithinMs, signal);
  };
  await served(nowMs());
  const fromMs = nowMs();
  const { reports, report } = roundReports();
  await kind.play({
    ...preparation,
    ...report,
    served,
    elapsed: (sinceMs, lengthMs) => pause(Math.max(0, sinceMs + lengthMs - nowMs()), signal),
    probes: (sinceMs) => prober.probes.filter(({ startMs }) => startMs >= sinceMs),
  });
  await served(nowMs());
  const toMs = nowMs();
  const probes = await prober.stop();
  const sqlProbes = await sql?.stop();
  const owners = pair.ec2 && (await ownersOf(pair));
  await tunnels?.settled(signal);

  const { faults, repairedMs, stranded, releasedMs, endedMs, drained, switches, lostChanges } = reports;
  const nameOf = (exit: string) => pair.egress?.servers.find(({ address }) => address === exit)?.name ?? exit;
  const judged = tunnels && judgeTunnels(tunnels.exits.length, [...tunnels.lost], reports, nameOf);
  const { changes } = watch;
  return {
    ...seenResult({ probes, changes, fromMs, toMs, repairedMs, promptMs, atOnceMs }),
    ...(stranded !== undefined && { stranded }),
    ...(releasedMs !== undefined && { releasedMs }),
    ...(endedMs !== undefined && { endedMs }),
    ...(drained && { drained }),
    ...(judged && { tunnels: judged.tunnels }),
    ...(switches !== undefined && { switches }),
    ...(lostChanges !== undefined && { lostChanges }),
    ...(sqlProbes && {
      sqlOutageMs: outageMs(
        sqlProbes.filter(({ startMs }) => startMs >= fromMs && startMs < toMs),
        besidePace.promptMs,
      ),
    }),
    ...(owners && { owners: owners.byAws.length }),
    faults: [...faults, ...(judged?.faults ?? []), ...(owners ? ownerFaults(owners) : [])],
  };
}

/** Waits for a healthy pair, and lets the kind prepare it. */
async function prepare(kind: Kind, given: Given): Promise<Preparation> {
  const { pair, watch, signal } = given;
  const problem = async () =>
    (await unhealthy(pair, watch)) ??
    (kind.ask === "egress" ? await unhealthyEgress(pair) : undefined) ??
    (kind.needs === "edge" || kind.needs === "updates" ? await unhealthyRoutes(pair) : undefined);
  const healthy = () => waitUntil(problem, healthyWithinMs, signal, 100);
  await healthy();
  const [holder = ""] = watch.holders();
  const preparation = { ...given, holder, healthy };
  return { ...preparation, holder: (await kind.prepare?.(preparation)) ?? holder };
}

/** What a kind has reported in a round. */
interface Reports {
  readonly faults: string[];
  readonly exits: Set<string>;
  nodeGoneMs: number;
  repairedMs: number | undefined;
  stranded: number | undefined;
  releasedMs: number | undefined;
  endedMs: number | undefined;
  drained: Drained | undefined;
  switches: number | undefined;
  lostChanges: number | undefined;
}

type Report = Pick<
  Round,
  | "repaired"
  | "fault"
  | "stranded"
  | "released"
  | "ended"
  | "drained"
  | "mayLose"
  | "nodeGone"
  | "switched"
  | "lost"
>;

function roundReports(): { readonly reports: Readonly<Reports>; readonly report: Report } {
  const reports: Reports = {
    faults: [],
    exits: new Set(),
    nodeGoneMs: Number.NEGATIVE_INFINITY,
    repairedMs: undefined,
    stranded: undefined,
    releasedMs: undefined,
    endedMs: undefined,
    drained: undefined,
    switches: undefined,
    lostChanges: undefined,
  };
  const report: Report = {
    repaired: () => {
      reports.repairedMs = nowMs();
    },
    fault: (sentence) => void reports.faults.push(sentence),
    stranded: (sessions) => {
      reports.stranded = sessions.length;
      reports.faults.push(...sessions.map((session) => `a client was stranded: session ${session}`));
    },
    released: (afterMs) => {
      reports.releasedMs = afterMs;
    },
    ended: (afterMs) => {
      reports.endedMs = afterMs;
    },
    drained: (found) => {
      reports.drained = found;
    },
    mayLose: (exits) => {
      for (const exit of exits) reports.exits.add(exit);
    },
    nodeGone: () => {
      reports.nodeGoneMs = nowMs();
    },
    switched: (count) => {
      reports.switches = count;
    },
    lost: (changes) => {
      reports.lostChanges = (reports.lostChanges ?? 0) + changes.length;
      reports.faults.push(...changes.map((change) => `an acknowledged change was lost: ${change}`));
    },
  };
  return { reports, report };
}
