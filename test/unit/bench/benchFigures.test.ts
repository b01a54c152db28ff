import { describe, expect, test } from "vitest";
import { agentFigures } from "../../../bench/agent/measureAgent.ts";
import { changeFigures, coldStartFigures, noOpUpFigures, warmStartFigures } from "../../../bench/commands.ts";
import { drillFigures } from "../../../bench/drills.ts";
import { edgeFigures } from "../../../bench/edge/measureEdge.ts";
import { curveFigures } from "../../../bench/failover/judgeCurve.ts";
import { type Figure, ratioByRound } from "../../../bench/figure.ts";
import { parts } from "../../../bench/parts.ts";
import { pgbenchFigures } from "../../../bench/pgbench/ways.ts";
import { reloadFigures } from "../../../bench/reload/measureReload.ts";
import { routesFigures } from "../../../bench/routes/measureRoutes.ts";
import { scaleFigures } from "../../../bench/scale/measureScale.ts";
import { switchFigures } from "../../../bench/switch/measureSwitch.ts";
import { budgets, isKindName, type KindName, kindNames } from "../../../drills/budgets.ts";
import { kinds } from "../../../drills/kinds/kinds.ts";
import { judge } from "../../../drills/measure/judge.ts";
import type { RoundResult } from "../../../drills/measure/roundResult.ts";

const round: RoundResult = {
  outageMs: 0,
  slowestAnswerMs: 1,
  longestGapMs: 10,
  twoHoldersMs: 0,
  noHolderMs: 0,
  moves: 0,
  oneHolderAfterMs: 0,
  lateClients: 0,
  stranded: 0,
  tunnels: { opened: 200, ended: 0, lost: 0 },
  switches: 2,
  failures: {},
  faults: [],
};

function ofDrill(kind: KindName): Figure[] {
  const result = judge(kind, [round, round, round], budgets[kind], { intervalMs: 10, promptMs: 20 });
  return drillFigures(kind, result);
}

const ways = [
  "through VIP",
  "through a bare HAProxy",
  "straight to the same poolers",
  "straight to one pooler",
  "straight to PostgreSQL",
];

/** The figures of each part of the bench, by the part's name for `--only`. */
const produced: Readonly<Record<string, readonly Figure[]>> = {
  ...Object.fromEntries(
    kindNames.filter((kind) => kinds[kind].needs === undefined).map((kind) => [kind, ofDrill(kind)]),
  ),
  "failover-curve": curveFigures(
    [
      {
        advertMs: 20,
        scheduling: "real time",
        outagesMs: [60],
        pauses: [{ pausedMs: 40, moved: false }],
        stresses: [{ stress: "disk", seconds: 60, moves: 0, outagesMs: [70] }],
      },
    ],
    { advertMs: 20, seconds: 60 },
  ),
  switch: switchFigures(
    {
      times: Array.from({ length: 1000 }, () => ({ totalMs: 1, apiMs: 0.5 })),
      requests: 9,
      failed: 0,
      lost: 0,
    },
    { deaths: 1000, held: 1100, lost: 0, ended: 900, silent: 0 },
  ),
  agent: agentFigures(30, [{ rssMb: 59, peakRssMb: 66, corePercent: 0.9 }], [0.4, 0.5]),
  reload: reloadFigures(4, { attempted: 9000, failed: 0, perSecond: 540, reasons: {}, endedBy: "asked" }),
  pgbench: pgbenchFigures(
    "tpcb-like",
    ways.map((way) => ({ way, rates: [1000] })),
    0.97,
  ),
  scale: scaleFigures({ pairs: [0.9], servers: [0.5], applied: [1.4] }),
  tls: pgbenchFigures(
    "tpcb-like",
    ["through VIP with TLS", "through VIP without TLS"].map((way) => ({ way, rates: [1000] })),
    0.85,
  ),
  routes: routesFigures({
    changes: { singleMs: { p50: 4, p99: 11 }, perSecond: 900, transactionMs: [200, 300] },
    afterChangesMb: [84, 85],
    daemonMb: [78, 79],
    tenThousand: {
      rssMb: 5,
      reloadMs: [90, 100],
      requestUs: [
        { few: 200, many: 220 },
        { few: 400, many: 400 },
        { few: 100, many: 300 },
      ],
    },
    haproxyMs: [0.2, 0.3],
  }),
  edge: edgeFigures(
    { through: [260, 250], beside: [150, 160] },
    { through: [{ perSecond: 9000, cpuUs: 31 }], beside: [{ perSecond: 9900, cpuUs: 24 }] },
  ),
  up: noOpUpFigures([2, 3, 4]),
  change: changeFigures([7]),
  start: warmStartFigures([20]),
  cold: coldStartFigures(300),
};

test("what is compared was measured in the same round, on a machine of one speed", () => {
  expect(ratioByRound([220, 400, 300], [200, 400, 100])).toBeCloseTo(1.1);
  expect(() => ratioByRound([1, 2], [1])).toThrow("both values of each");
});

describe("the bench has a row, with its goal, for", () => {
  test.each<[part: string, figure: string, goal: number | null]>([
    ["host-loss", "VIP outage, host lost, p95", 80],
    ["polite", "polite hand-over, p95", 15],
    ["haproxy-kill", "haproxy crashed, p95", 60],
    ["keepalived-kill", "keepalived crashed, p95", 100],
    ["keepalived-kill", "keepalived crashed, two holders, longest", 50],
    ["freeze", "frozen host, p95", 80],
    ["freeze", "frozen host, one holder after the thaw, longest", 50],
    ["freeze", "frozen host, clients stranded", 0],
    ["partition", "healed partition, one holder, longest", 1000],
    ["partition", "healed partition, clients that do not reach it at once", 0],
    ["rejoin", "node rejoins, longest outage", 0],
    ["rejoin", "node rejoins, failed connections", 0],
    ["failover-curve", "false moves in 1 minutes of stress, adverts of 20 ms", 0],
    ["reload", "connections lost by reloads under load", 0],
    ["reload", "new connections during these reloads", 500],
    ["pgbench", "pgbench tpcb-like, through VIP ÷ through a bare HAProxy", 0.97],
    ["pgbench", "pgbench tpcb-like, through VIP ÷ straight to the same poolers", null],
    ["pgbench", "pgbench tpcb-like, through VIP ÷ straight to one pooler", null],
    ["pgbench", "pgbench tpcb-like, through VIP ÷ straight to PostgreSQL", null],
    ["scale", "200 pairs rendered, median", 1],
    ["scale", "pool of 1000 servers rendered, median", 1],
    ["scale", "pool of 1000 servers applied by a node, median", 2],
    ["tls", "pgbench tpcb-like, through VIP with TLS ÷ through VIP without TLS", 0.85],
    ["routes", "HAProxy's part of a change of a route, p50", 0.3],
    ["routes", "HAProxy's part of a change of a route, p99", 2],
    ["routes", "a route is put, on disk and served on both nodes, p50", 5],
    ["routes", "a route is put, on disk and served on both nodes, p99", 15],
    ["routes", "changes of routes, 10 callers", 800],
    ["routes", "transaction of 1000 routes, median", 0.5],
    ["routes", "10,000 routes, HAProxy's RSS above that of none", 10],
    ["routes", "10,000 routes, reload of HAProxy, median", 150],
    ["routes", "10,000 routes, p50 of a request ÷ with 10 routes", 1.2],
    ["routes", "agent, RSS with 1000 routes", 80],
    ["edge", "WebSocket round trip, added by the edge, p50", 150],
    ["edge", "requests through the edge ÷ through a bare HAProxy", 0.9],
    ["up", "no-op up, median", 3],
    ["change", "config change live on both nodes, median", 8],
    ["start", "npm start warm, until SQL works, median", 30],
    ["cold", "npm start cold, until SQL works", 360],
    ["egress-refused", "tunnel refused, until a request is served, p95", 800],
    ["egress-refused", "tunnel refused, long connections lost on other proxies", 0],
    ["egress-hang", "tunnel hanging, until a request is served, p95", 1500],
    ["egress-refused-alone", "tunnel refused, no agent, p95", 800],
    ["egress-hang-alone", "tunnel hanging, no agent, p95", 1500],
    ["egress-flap", "flapping for 2 minutes, switches", 4],
    ["switch", "switch of preference over the Runtime API, p50", 1],
    ["switch", "requests failed over 1000 switches of preference", 0],
    ["switch", "connections lost over 1000 switches of preference", 0],
    ["switch", "connections lost on other proxies over 1000 switches away from a dead proxy", 0],
    ["agent", "agent, RSS after 30 failures of a proxy", 80],
    ["agent", "agent, processor", 1],
    ["agent", "agent ready after its start, longest", 1],
  ])("%s: %s", (part, name, goal) => {
    expect(produced[part]?.find(({ figure }) => figure === name)).toMatchObject({ goal });
  });

  test("every part that can be asked for", () => {
    // `cold` makes a pair of its own.
    expect(Object.keys(produced).toSorted()).toEqual([...Object.keys(parts), "cold"].toSorted());
  });

  test("the rounds that it comes from", () => {
    for (const [part, figures] of Object.entries(produced))
      if (isKindName(part)) for (const { rounds } of figures) expect(rounds).toBe(3);
    expect(produced.up).toMatchObject([{ rounds: 3 }]);
  });

  test("nothing twice: a figure is known by its name", () => {
    const names = Object.values(produced).flatMap((figures) => figures.map(({ figure }) => figure));
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });
});
