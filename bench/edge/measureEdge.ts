import { restorations } from "../../drills/restorations.ts";
import { startBareHaproxy } from "../bareHaproxy.ts";
import {
  atLeast,
  atMost,
  type Figure,
  type Findings,
  information,
  median,
  ofRounds,
  ratioByRound,
  round,
} from "../figure.ts";
import { measuredWith } from "../otherConfig.ts";
import { alternate } from "../pgbench/cost.ts";
import type { BenchProject } from "../project.ts";
import { agentId, application, type BenchEdge, benchEdge, edgeSettings, nameOf } from "./benchEdge.ts";
import { type Load, measureLoad, startFastTarget, type Way } from "./load.ts";
import { resultOf, started } from "./onApplication.ts";
import { RoundTrips, type RoundTripsPlan } from "./plans.ts";

const rounds = 10;
const messages = 5000;
const echo = { host: application, port: 3000 };
const fast = { host: application, port: 3001 };
const barePort = 18_080;

interface Options {
  readonly signal: AbortSignal;
}

/** What the edge costs: round trips of a WebSocket, and requests beside those of a bare HAProxy on the same node. */
export function measureEdge(project: BenchProject, { signal }: Options): Promise<Findings> {
  return measuredWith(project, edgeSettings, async () => {
    const bench = await benchEdge(project);
    return { figures: edgeFigures(await roundTrips(bench, signal), await loads(bench, signal)) };
  });
}

async function roundTrips(
  { pair: { lab }, edge, routes }: BenchEdge,
  signal: AbortSignal,
): Promise<Ways<number>> {
  await routes.addHttpRoute(agentId, "echo", `http://${echo.host}:${echo.port}`);
  const target = await started(lab, "edge/targetProgram.ts", echo);
  try {
    return await alternated([edge, echo], async (to) => {
      signal.throwIfAborted();
      const plan: RoundTripsPlan = { of: "message", ...to, name: nameOf("echo"), count: messages };
      return RoundTrips.parse(await resultOf(lab, "edge/roundTripsProgram.ts", plan)).p50Us;
    });
  } finally {
    await target.stop();
    await routes.removeHttpRoute(agentId, "echo");
  }
}

async function loads({ pair, edge, routes }: BenchEdge, signal: AbortSignal): Promise<Ways<Load>> {
  const { lab, nodes } = pair;
  const [node = ""] = nodes;
  const { add: restore, undo } = restorations();
  try {
    restore(await startFastTarget(lab, node, fast));
    const bare = await startBareHaproxy(lab, node, {
      ...{ mode: "http", host: "127.0.0.1", port: barePort },
      targets: [fast],
    });
    restore(bare.stop);
    await routes.addHttpRoute(agentId, "fast", `http://${fast.host}:${fast.port}`);
    const own: Way = { port: edge.port, unit: "haproxy.service" };
    return await alternated<Way, Load>([own, { port: barePort, unit: bare.unit }], async (way) => {
      signal.throwIfAborted();
      const load = await measureLoad(lab, node, way, nameOf("fast"));
      console.error(`edge: port ${way.port}: ${JSON.stringify(load)}`);
      return load;
    });
  } finally {
    await routes.removeHttpRoute(agentId, "fast").catch(() => undefined);
    for (const problem of await undo()) console.error(problem);
  }
}

/** A measurement through the edge and one beside it, round by round. */
interface Ways<Measurement> {
  readonly through: readonly Measurement[];
  readonly beside: readonly Measurement[];
}

async function alternated<One, Measurement>(
  ways: readonly [One, One],
  measure: (way: One) => Promise<Measurement>,
): Promise<Ways<Measurement>> {
  const [through = [], beside = []] = await alternate(ways, rounds, measure);
  return { through, beside };
}

/** @param roundTripsUs p50 of each round: through the edge, and straight to the target @param loads on edge and bare HAProxy */
export function edgeFigures(roundTripsUs: Ways<number>, loads: Ways<Load>): Figure[] {
  const added = median(roundTripsUs.through) - median(roundTripsUs.beside);
  const perSecond = {
    through: loads.through.map((load) => load.perSecond),
    beside: loads.beside.map((load) => load.perSecond),
  };
  const cpuUs = (of: readonly Load[]) => round(median(of.map((load) => load.cpuUs)), 1);
  return ofRounds(roundTripsUs.through.length, [
    atMost(150, "WebSocket round trip, added by the edge, p50", round(added, 0), "µs"),
    atLeast(
      0.9,
      "requests through the edge ÷ through a bare HAProxy",
      round(ratioByRound(perSecond.through, perSecond.beside), 3),
      "",
    ),
    information(
      "WebSocket round trip straight to its target, p50",
      round(median(roundTripsUs.beside), 0),
      "µs",
    ),
    information("requests through the edge", round(median(perSecond.through), 0), "1/s"),
    information("requests through a bare HAProxy", round(median(perSecond.beside), 0), "1/s"),
    information("processor time of a request in the edge's HAProxy", cpuUs(loads.through), "µs"),
    information("processor time of a request in a bare HAProxy", cpuUs(loads.beside), "µs"),
  ]);
}
