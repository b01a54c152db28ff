import { Route, type WeightedTarget } from "../../contract/routes/route.ts";
import { type UpdatesConfig, updatesAgent } from "../../contract/updates/config.ts";
import { inTurns } from "../routes/inTurns.ts";
import type { RouteNode } from "../routes/node.ts";
import { RouteProblem } from "../routes/problem.ts";
import type { RouteWriter } from "../routes/writer/write.ts";
import type { NodeList } from "./fetchList.ts";
import type { Checked } from "./life.ts";
import { UpdateProblem } from "./problem.ts";
import { doubtOf, putOf, targetsNow } from "./route.ts";

/** Nodes that HAProxy connects to at once. */
const probesAtOnce = 8;

export interface Surroundings {
  readonly node: Pick<RouteNode, "table" | "begun" | "problem" | "probe">;
  readonly writer: Pick<RouteWriter, "write">;
}

/**
 * Which nodes of a list the route is to have: those that it has already, and each other one that accepts a connection through
 * HAProxy. Rejects with an UpdateProblem where a node is one that routes must not lead to, with a RouteProblem where the
 * route cannot be made otherwise.
 */
export async function checkList(
  { targets }: NodeList,
  config: Pick<UpdatesConfig, "host" | "options">,
  { node, writer }: Surroundings,
): Promise<Checked> {
  const now = targetsNow(node.table().routes, config);
  const isServed = ({ url }: WeightedTarget) => now.some((one) => one.url === url);
  const newcomers = targets.filter((target) => target.weight > 0 && !isServed(target));
  if (newcomers.length > 0) await assertAllowed(targets, config, writer);
  const silent = new Set<string>();
  await inTurns(newcomers, probesAtOnce, async ({ url: target }) => {
    const route = Route.parse({ host: config.host, agent: updatesAgent, target, options: config.options });
    if ((await node.probe(route)) !== null) silent.add(target);
  });
  const { haproxy } = node.problem();
  if (haproxy !== null) throw new RouteProblem("refused", haproxy);
  const answering = targets.filter(({ url }) => !silent.has(url));
  const wanted = answering.some(({ weight }) => weight > 0) ? answering : [];
  return { wanted, unanswered: silent.size, doubt: doubtOf(targets.length, wanted, now) };
}

/** Has the writer look at the whole list, and changes nothing. */
async function assertAllowed(
  targets: readonly WeightedTarget[],
  config: Pick<UpdatesConfig, "host" | "options">,
  writer: Surroundings["writer"],
): Promise<void> {
  try {
    const transaction = { changes: [putOf(targets, config)], probe: false, dryRun: true };
    await writer.write(transaction, { who: updatesAgent });
  } catch (error) {
    if (!(error instanceof RouteProblem) || error.code !== "forbidden-target") throw error;
    const place = /\.targets\.(\d+)\./.exec(error.field ?? "")?.[1];
    throw new UpdateProblem(
      "forbidden-target",
      `${place === undefined ? "" : `nodes.${place}: `}${error.message}`,
    );
  }
}
