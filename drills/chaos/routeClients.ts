import { startTarget } from "../clients/routes/target.ts";
import { startWriter } from "../clients/routes/writer.ts";
import { forgetRoutes, lostOn, unhealthyRoutes } from "../observe/routes.ts";
import type { DrilledPair } from "../pair.ts";

/** Clients that change routes all the time, and remember which changes were acknowledged. Times on the monotonic clock, ms. */
export interface RouteClients {
  /** Why changes are not made on all nodes since the heal, as a sentence; undefined where they are. */
  problem(healedMs: number): Promise<string | undefined>;
  /** Asks each node for what was acknowledged. */
  check(healedMs: number): Promise<CheckedRoutes>;
}

export interface CheckedRoutes {
  /** Changes since the beginning. */
  readonly acknowledged: number;
  /** Acknowledged changes that a node does not serve, as sentences. */
  readonly lost: readonly string[];
  /** From the heal until a change was acknowledged that all nodes had, ms; or `Infinity`. */
  readonly changedAfterMs: number;
}

const begunWithinMs = 10_000;

/** Starts them, with what the routes lead to. @param add takes what ends them @throws Failure where no change is made */
export async function startRouteClients(
  pair: DrilledPair,
  add: (step: () => Promise<void>) => void,
  signal: AbortSignal,
): Promise<RouteClients> {
  add(await startTarget(pair));
  add(() => forgetRoutes(pair));
  const writer = startWriter(pair);
  add(() => writer.stop());
  await writer.more(1, begunWithinMs, signal);
  const onAllAfter = (healedMs: number) =>
    writer.written.find(({ atMs, appliedOn }) => atMs >= healedMs && appliedOn?.length === pair.nodes.length);
  return {
    problem: async (healedMs) =>
      onAllAfter(healedMs) ? unhealthyRoutes(pair) : "no change of a client is on all nodes since the heal",
    check: async (healedMs) => {
      const acknowledged = writer.acknowledged();
      const lost = await Promise.all(pair.nodes.map((node) => lostOn(pair, node, acknowledged)));
      return {
        acknowledged: writer.written.filter(({ failed }) => failed === undefined).length,
        lost: lost.flat(),
        changedAfterMs: (onAllAfter(healedMs)?.atMs ?? Number.POSITIVE_INFINITY) - healedMs,
      };
    },
  };
}
