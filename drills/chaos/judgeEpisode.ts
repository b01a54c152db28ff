import { chaosBudget } from "../budgets.ts";
import type { Checked } from "../clients/writer.ts";
import { type HolderChange, holding, oneHolderAfterMs } from "../measure/holding.ts";
import { type Probe, servedAtMs } from "../measure/outage.ts";
import { type Fault, faultSentence } from "./plan.ts";
import type { CheckedRoutes } from "./routeClients.ts";

/** What was seen of an episode: times in ms on the monotonic clock. */
export interface SeenEpisode {
  /** Everything was well before. */
  readonly fromMs: number;
  /** When the last heal began. */
  readonly healedMs: number;
  /** When it was seen that everything is well again, or the drill gave up. */
  readonly toMs: number;
  /** Attempts of new clients. */
  readonly probes: readonly Probe[];
  readonly changes: readonly HolderChange[];
  /** What was still not well at the end, as a sentence. */
  readonly unhealthy: string | undefined;
  /** Transactions that were left behind, as sentences. */
  readonly left: readonly string[];
  /** Undefined where the database could not be asked. */
  readonly rows: Checked | undefined;
  /** Undefined where the pair stays broken, and for one without routes. */
  readonly routes: CheckedRoutes | undefined;
  /** The fault that makes two holders inevitable. */
  readonly parting: Fault | undefined;
}

export interface JudgedEpisode {
  /** From the last heal until a new client was served and exactly one node held the address for good; or `Infinity`. */
  readonly recoveryMs: number;
  readonly twoHoldersMs: number;
  /** Why two holders were inevitable, as a sentence; absent where they were not. */
  readonly parted?: string;
  readonly acknowledged: number;
  readonly lost: readonly number[];
  readonly routes?: CheckedRoutes;
  /** What must not happen and did, as sentences. */
  readonly violations: readonly string[];
}

/** The first numbers of a list; it may have thousands. */
const shown = 10;

export function judgeEpisode(seen: SeenEpisode): JudgedEpisode {
  const { healedMs, toMs, probes, changes, unhealthy, left, parting, routes } = seen;
  const { acknowledged = 0, lost = [] } = seen.rows ?? {};
  const servedMs = servedAtMs(probes, healedMs) - healedMs;
  const oneHolderMs = oneHolderAfterMs(changes, { fromMs: healedMs, toMs });
  const recoveryMs = Math.max(servedMs, oneHolderMs);
  const { twoHoldersMs } = holding(changes, seen);
  const budget = chaosBudget;
  return {
    recoveryMs,
    twoHoldersMs,
    ...(parting && { parted: `${faultSentence(parting)}: the nodes do not hear each other` }),
    acknowledged,
    lost,
    ...(routes && { routes }),
    violations: [
      ...limit(
        servedMs > budget.recoveryMs,
        `no new client was served within ${budget.recoveryMs} ms of the heal (${ms(servedMs)})`,
      ),
      ...limit(
        oneHolderMs > budget.recoveryMs,
        `not exactly one holder within ${budget.recoveryMs} ms of the heal (${ms(oneHolderMs)})`,
      ),
      ...limit(
        !parting && twoHoldersMs > budget.twoHoldersMs,
        `two holders for ${ms(twoHoldersMs)}, and the nodes could hear each other; budget ${budget.twoHoldersMs} ms`,
      ),
      ...limit(lost.length > 0, `${lost.length} acknowledged rows are lost: ${firstOf(lost, ", ")}`),
      ...(routes ? routesViolations(routes) : []),
      ...left.map((one) => `locks were left behind ${budget.releasedMs} ms after the heal: ${one}`),
      ...limit(unhealthy !== undefined, `the pair did not become whole again: ${unhealthy}`),
    ],
  };
}

function routesViolations({ lost, changedAfterMs }: CheckedRoutes): readonly string[] {
  const { changedMs } = chaosBudget;
  return [
    ...limit(
      lost.length > 0,
      `${lost.length} acknowledged changes of routes are lost: ${firstOf(lost, "; ")}`,
    ),
    ...limit(
      changedAfterMs > changedMs,
      `no change of routes was made on all nodes within ${changedMs} ms of the heal (${ms(changedAfterMs)})`,
    ),
  ];
}

function limit(isBad: boolean, sentence: string): readonly string[] {
  return isBad ? [sentence] : [];
}

function firstOf(list: readonly unknown[], separator: string): string {
  return `${list.slice(0, shown).join(separator)}${list.length > shown ? " …" : ""}`;
}

function ms(value: number): string {
  return Number.isFinite(value) ? `${value.toFixed(0)} ms` : "never";
}
