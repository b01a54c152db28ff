import { setTimeout as delay } from "node:timers/promises";
import { agentUnit } from "../../contract/agentConfig.ts";
import { mainPid } from "../../drills/machine.ts";
import { readMemory } from "../agent/agentUnit.ts";
import {
  agentId,
  application,
  type BenchEdge,
  benchEdge,
  edgeSettings,
  removeRoutes,
} from "../edge/benchEdge.ts";
import { resultOf } from "../edge/onApplication.ts";
import {
  atLeast,
  atMost,
  type Figure,
  type Findings,
  information,
  median,
  ofRounds,
  quantile,
  ratioByRound,
  round,
} from "../figure.ts";
import { measuredWith } from "../otherConfig.ts";
import type { BenchProject } from "../project.ts";
import { type ChangesPlan, ChangesResult, transactionPrefix } from "./changesPlan.ts";
import { measureMap } from "./haproxyPart.ts";
import { measureTenThousand, type TenThousand } from "./tenThousand.ts";

const plan = {
  agent: agentId,
  target: `http://${application}:3000`,
  ...{ single: 1000, callers: 10, seconds: 10, transactions: 5, routes: 1000 },
} satisfies Partial<ChangesPlan>;
/** After the changes the daemon gives back within this time what they took; then its garbage is collected once a minute. */
const restMs = 5000;
const observedMs = 70_000;
const lookMs = 1000;

interface Options {
  readonly signal: AbortSignal;
}

/** What changes of routes cost: by a client, in haproxy, and in the daemons' memory. */
export function measureRoutes(project: BenchProject, { signal }: Options): Promise<Findings> {
  return measuredWith(project, edgeSettings, async () => {
    const bench = await benchEdge(project);
    const { lab, nodes } = bench.pair;
    await removeRoutes(bench);
    const changes = ChangesResult.parse(
      await resultOf(lab, "routes/changesProgram.ts", { ...bench.api, ...plan }),
    );
    console.error(`routes: ${JSON.stringify(changes)}`);
    await removeRoutes(bench, (label) => !label.startsWith(transactionPrefix));
    const afterChangesMb = await daemonSizes(bench, restMs, signal);
    const daemonMb = await daemonSizes(bench, observedMs, signal);
    await removeRoutes(bench);
    const tenThousand = await measureTenThousand(bench, signal);
    console.error(`routes: ${JSON.stringify(tenThousand)}`);
    const haproxyMs = await measureMap(lab, nodes[0] ?? "");
    return { figures: routesFigures({ changes, afterChangesMb, daemonMb, tenThousand, haproxyMs }) };
  });
}

/** The highest resident size of each node's daemon within so long, MB. */
async function daemonSizes(
  { pair: { lab, nodes } }: BenchEdge,
  forMs: number,
  signal: AbortSignal,
): Promise<number[]> {
  const pids = await Promise.all(nodes.map(async (node) => (await mainPid(lab, node, agentUnit)) ?? ""));
  const highest = nodes.map(() => 0);
  for (const endAt = performance.now() + forMs; performance.now() < endAt; await delay(lookMs)) {
    signal.throwIfAborted();
    for (const [place, node] of nodes.entries())
      highest[place] = Math.max(highest[place] ?? 0, readMemory(lab, node, pids[place] ?? "").rssMb);
  }
  return highest;
}

export interface RoutesMeasured {
  readonly changes: ChangesResult;
  /** By node, with 1,000 routes: right after the changes, and in the minute that follows. */
  readonly afterChangesMb: readonly number[];
  readonly daemonMb: readonly number[];
  readonly tenThousand: TenThousand;
  /** HAProxy's part of each change. */
  readonly haproxyMs: readonly number[];
}

export function routesFigures({
  changes,
  afterChangesMb,
  daemonMb,
  tenThousand,
  haproxyMs,
}: RoutesMeasured): Figure[] {
  const { singleMs, perSecond, transactionMs } = changes;
  const { rssMb, reloadMs, requestUs } = tenThousand;
  const [few, many] = [requestUs.map(({ few }) => few), requestUs.map(({ many }) => many)];
  const put = "a route is put, on disk and served on both nodes";
  return [
    atMost(0.3, "HAProxy's part of a change of a route, p50", round(quantile(haproxyMs, 0.5), 3), "ms"),
    atMost(2, "HAProxy's part of a change of a route, p99", round(quantile(haproxyMs, 0.99), 2), "ms"),
    atMost(5, `${put}, p50`, round(singleMs.p50, 2), "ms"),
    atMost(15, `${put}, p99`, round(singleMs.p99, 2), "ms"),
    atLeast(800, `changes of routes, ${plan.callers} callers`, round(perSecond, 0), "1/s"),
    ...ofRounds(transactionMs.length, [
      atMost(
        0.5,
        `transaction of ${plan.routes} routes, median`,
        round(median(transactionMs) / 1000, 3),
        "s",
      ),
    ]),
    atMost(10, "10,000 routes, HAProxy's RSS above that of none", round(rssMb, 1), "MB"),
    ...ofRounds(reloadMs.length, [
      atMost(150, "10,000 routes, reload of HAProxy, median", round(median(reloadMs), 0), "ms"),
    ]),
    ...ofRounds(requestUs.length, [
      atMost(1.2, "10,000 routes, p50 of a request ÷ with 10 routes", round(ratioByRound(many, few), 3), ""),
    ]),
    atMost(80, `agent, RSS with ${plan.routes} routes`, round(Math.max(...daemonMb), 1), "MB"),
    information(
      `agent, RSS right after the changes that made ${plan.routes} routes`,
      round(Math.max(...afterChangesMb), 1),
      "MB",
    ),
    information("request through the edge with 10 routes, p50", round(median(few), 0), "µs"),
  ];
}
