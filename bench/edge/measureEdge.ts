import { restorations } from "../../drills/restorations.ts";
import {
  atLeast,
  atMost,
  type Figure,
  type Findings,
  information,
  median,
  ofRounds,
  round,
} from "../figure.ts";
import { measuredWith } from "../otherConfig.ts";
import { alternate } from "../pgbench/cost.ts";
import type { BenchProject } from "../project.ts";
import { agentId, application, type BenchEdge, benchEdge, edgeSettings, nameOf } from "./benchEdge.ts";
import { measureRate, startBareHaproxy, startFastTarget } from "./load.ts";
import { resultOf, started } from "./onApplication.ts";
import { RoundTrips, type RoundTripsPlan } from "./plans.ts";

const rounds = 6;
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
    return { figures: edgeFigures(await roundTrips(bench, signal), await rates(bench, signal)) };
  });
}

async function roundTrips({ pair: { lab }, edge, routes }: BenchEdge, signal: AbortSignal): Promise<Ways> {
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

async function rates({ pair, edge, routes }: BenchEdge, signal: AbortSignal): Promise<Ways> {
  const { lab, nodes } = pair;
  const [node = ""] = nodes;
  const { add: restore, undo } = restorations();
  try {
    restore(await startFastTarget(lab, node, fast));
    restore(await startBareHaproxy(lab, node, barePort, fast));
    await routes.addHttpRoute(agentId, "fast", `http://${fast.host}:${fast.port}`);
    return await alternated([edge.port, barePort], async (port) => {
      signal.throwIfAborted();
      const rate = await measureRate(lab, node, port, nameOf("fast"));
      console.error(`edge: ${rate} requests/s at port ${port}`);
      return rate;
    });
  } finally {
    await routes.removeHttpRoute(agentId, "fast").catch(() => undefined);
    for (const problem of await undo()) console.error(problem);
  }
}

/** A measurement through the edge and one beside it, round by round. */
interface Ways {
  readonly through: readonly number[];
  readonly beside: readonly number[];
}

async function alternated<Way>(
  ways: readonly [Way, Way],
  measure: (way: Way) => Promise<number>,
): Promise<Ways> {
  const [through = [], beside = []] = await alternate(ways, rounds, measure);
  return { through, beside };
}

/** @param roundTripsUs p50 of each round: through the edge, and straight to the target @param perSecond requests */
export function edgeFigures(roundTripsUs: Ways, perSecond: Ways): Figure[] {
  const added = median(roundTripsUs.through) - median(roundTripsUs.beside);
  const ratio = median(perSecond.through) / median(perSecond.beside);
  return ofRounds(roundTripsUs.through.length, [
    atMost(150, "WebSocket round trip, added by the edge, p50", round(added, 0), "µs"),
    atLeast(0.9, "requests through the edge ÷ through a bare HAProxy", round(ratio, 3), ""),
    information(
      "WebSocket round trip straight to its target, p50",
      round(median(roundTripsUs.beside), 0),
      "µs",
    ),
    information("requests through the edge", round(median(perSecond.through), 0), "1/s"),
    information("requests through a bare HAProxy", round(median(perSecond.beside), 0), "1/s"),
  ]);
}
