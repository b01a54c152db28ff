import { messageOf } from "../../base/failure.ts";
import { waitWhile } from "../../base/waitFor.ts";
import { startTarget } from "../clients/routes/target.ts";
import { startWriter, type Written } from "../clients/routes/writer.ts";
import { forgetRoutes, lostOn, unhealthyRoutes } from "../observe/routes.ts";
import type { DrilledPair } from "../pair.ts";

/** Clients that change routes all the time, and remember which changes were acknowledged. Times on the monotonic clock, ms. */
export interface RouteClients {
  /** Why changes are not made on all nodes since the heal, as a sentence; undefined where they are. */
  problem(healedMs: number): Promise<string | undefined>;
  /** Asks each node for what was acknowledged in an episode that is over. */
  check(episode: { readonly fromMs: number; readonly healedMs: number }): Promise<CheckedRoutes>;
}

export interface CheckedRoutes {
  /** Changes since the beginning. */
  readonly acknowledged: number;
  /** Changes that were acknowledged in the episode and a node does not serve, as sentences. */
  readonly lost: readonly string[];
  /** From the heal until a change was acknowledged that all nodes had, ms. */
  readonly changedAfterMs: number;
}

/**
 * No route is changed again for 38 s, longer than an episode: a second change would hide that the first one was lost. All
 * of them are removed by one transaction.
 */
const size = { clients: 4, routes: 240, pauseMs: 150 };
const begunWithinMs = 10_000;
/** A node that was slow to follow catches up by itself. */
const servedWithinMs = 5000;

/** Starts them, with what the routes lead to. @param add takes what ends them @throws Failure where no change is made */
export async function startRouteClients(
  pair: DrilledPair,
  add: (step: () => Promise<void>) => void,
  signal: AbortSignal,
): Promise<RouteClients> {
  add(await startTarget(pair));
  add(() => forgetRoutes(pair));
  // Numbers begin anew: a higher one of a run that was killed would count as served.
  await forgetRoutes(pair);
  const writer = startWriter(pair, size);
  add(() => writer.stop());
  await writer.more(1, begunWithinMs, signal);
  const changedAfter = (healedMs: number) => changedAfterMs(writer.made(), healedMs, pair.nodes);
  return {
    problem: async (healedMs) =>
      Number.isFinite(changedAfter(healedMs))
        ? unhealthyRoutes(pair)
        : "no change of a client is on all nodes since the heal",
    check: async ({ fromMs, healedMs }) => {
      const acknowledged = writer.acknowledged(fromMs);
      let lost: readonly string[] = [];
      const problem = async () => {
        lost = (await Promise.all(pair.nodes.map((node) => unserved(pair, node, acknowledged)))).flat();
        return lost[0];
      };
      await waitWhile(servedWithinMs, problem, { everyMs: 200, signal });
      return { acknowledged: writer.made().length, lost, changedAfterMs: changedAfter(healedMs) };
    },
  };
}

function unserved(
  pair: DrilledPair,
  node: string,
  acknowledged: Readonly<Record<string, number>>,
): Promise<readonly string[]> {
  return lostOn(pair, node, acknowledged).catch((error) => [
    `${node} cannot be asked for its routes: ${messageOf(error)}`,
  ]);
}

/** From the heal until a change was acknowledged that all nodes had, ms; or `Infinity`. */
export function changedAfterMs(
  written: readonly Pick<Written, "atMs" | "appliedOn">[],
  healedMs: number,
  nodes: readonly string[],
): number {
  const first = written.find(({ atMs, appliedOn }) => atMs >= healedMs && appliedOn?.length === nodes.length);
  return (first?.atMs ?? Number.POSITIVE_INFINITY) - healedMs;
}
