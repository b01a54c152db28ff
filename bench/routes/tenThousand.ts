import { setTimeout as delay } from "node:timers/promises";
import { factsOf } from "../../agent/haproxy/info.ts";
import { ask } from "../../agent/haproxy/runtime.ts";
import { Failure } from "../../base/failure.ts";
import { waitFor } from "../../base/waitFor.ts";
import type { Change } from "../../client/index.ts";
import { run } from "../../drills/machine.ts";
import { askHaproxy } from "../../drills/observe/daemons.ts";
import { leaderPid } from "../../lab/machine/exec.ts";
import { masterSocket, routesMapFile } from "../../render/paths.ts";
import { readMemory } from "../agent/agentUnit.ts";
import {
  agentId,
  application,
  type BenchEdge,
  nameOf,
  perTransaction,
  removeRoutes,
} from "../edge/benchEdge.ts";
import { resultOf, started } from "../edge/onApplication.ts";
import { RoundTrips, type RoundTripsPlan } from "../edge/plans.ts";

const most = 10_000;
const few = 10;
const reloads = 5;
const requests = 4000;
const rounds = 3;
const target = { host: application, port: 3000 };
/** A worker that is new has got its map from the agent within this time, ms. */
const settledWithinMs = 5000;
/** haproxy frees what it does not use any more, ms. */
const restMs = 1000;
const namesOfFew = new Set(Array.from({ length: few }, (_, number) => nameOf(`t${number}`)));

/** What many routes cost haproxy. */
export interface TenThousand {
  /** Resident size of a new worker that has routes, less that of one without any, MB. */
  readonly rssMb: number;
  readonly reloadMs: readonly number[];
  /** p50 of a request, by round: with ten routes, and right after it with ten thousand. */
  readonly requestUs: readonly FewAndMany[];
}

interface FewAndMany {
  readonly few: number;
  readonly many: number;
}

/** @param bench its pair has no routes */
export async function measureTenThousand(bench: BenchEdge, signal: AbortSignal): Promise<TenThousand> {
  const { lab, nodes } = bench.pair;
  const [node = ""] = nodes;
  const serving = await started(lab, "edge/targetProgram.ts", target);
  try {
    const none = await newWorkerMb(lab, node);
    const requestUs: FewAndMany[] = [];
    await put(bench, 0, few);
    for (let round = 0; round < rounds; round += 1) {
      signal.throwIfAborted();
      await removeRoutes(bench, (host) => !namesOfFew.has(host));
      const before = await requestsUs(bench);
      for (let from = few; from < most; from += perTransaction)
        await put(bench, from, Math.min(from + perTransaction, most));
      requestUs.push({ few: before, many: await requestsUs(bench) });
    }
    const rssMb = (await newWorkerMb(lab, node)) - none;
    const reloadMs = await reloadsMs(lab, node, signal);
    return { rssMb, reloadMs, requestUs };
  } finally {
    await removeRoutes(bench);
    await serving.stop();
  }
}

async function put({ routes }: BenchEdge, from: number, to: number): Promise<void> {
  const changes = Array.from({ length: to - from }, (_, number): Change => {
    const host = `t${from + number}`;
    return { do: "put", route: { host, agent: agentId, target: `http://${target.host}:${target.port}` } };
  });
  await routes.transaction(changes, { deadlineMs: 30_000 });
}

/** p50 of requests to one route, once the nodes' own work for the changes before has ended. */
async function requestsUs({ pair, edge }: BenchEdge): Promise<number> {
  const plan: RoundTripsPlan = { of: "request", ...edge, name: nameOf("t1"), count: requests };
  await delay(restMs);
  const result = await resultOf(pair.lab, "edge/roundTripsProgram.ts", plan);
  return RoundTrips.parse(result).p50Us;
}

/** Resident size of a worker that was just started and has the agent's map, MB. */
async function newWorkerMb(lab: string, node: string): Promise<number> {
  await run(lab, node, ["systemctl", "reload", "haproxy"]);
  await settled(lab, node);
  await delay(restMs);
  const { pid } = factsOf(await askHaproxy(lab, node, "show info"));
  return readMemory(lab, node, String(pid)).rssMb;
}

/** How long haproxy's master takes until a new worker serves. The map's file is that of the reload before. */
async function reloadsMs(lab: string, node: string, signal: AbortSignal): Promise<readonly number[]> {
  const socket = `/proc/${leaderPid(lab, node)}/root${masterSocket}`;
  const times: number[] = [];
  for (let reload = 0; reload < reloads; reload += 1) {
    signal.throwIfAborted();
    const begun = performance.now();
    const answer = await ask(socket, "reload", { timeoutMs: 10_000 });
    times.push(performance.now() - begun);
    if (!answer.startsWith("Success=1")) throw new Failure(`haproxy on ${node} was not reloaded: ${answer}`);
    await settled(lab, node);
    await delay(restMs);
  }
  return times;
}

/** Waits until the agent has given the worker a map of its own. */
async function settled(lab: string, node: string): Promise<void> {
  const hasOwnMap = async () => {
    const answer = await askHaproxy(lab, node, `get map ${routesMapFile} :gen`);
    return /value="[0-9a-f]{16}"/.test(answer) ? true : undefined;
  };
  if (!(await waitFor(settledWithinMs, () => hasOwnMap().catch(() => undefined))))
    throw new Failure(`the agent on ${node} has not given haproxy its map of routes`);
}
