import { startWebSockets } from "../clients/edge/webSockets.ts";
import { startNodesService } from "../clients/routes/nodesService.ts";
import { startTargetAt } from "../clients/routes/target.ts";
import { judgeDrain } from "../measure/drained.ts";
import { routesOf } from "../observe/routes.ts";
import { type DrilledPair, edgeOf, updatesOf } from "../pair.ts";
import { nowMs, waitUntil } from "../time.ts";
import { edgeKind } from "./edge.ts";
import { otherAddresses, welcomed } from "./edgeLoad.ts";

const sessions = 500;
/** Each gets a quarter of the sessions: fewer than the edge lets one address hold. */
const addresses = 4;
const ports = [3301, 3302, 3303, 3304] as const;
const leavingPort = 3304;
/** Each target gets a quarter of them by turns. */
const leastOfTarget = sessions / ports.length / 2;
const withinMs = 20_000;

export const nodeDrain = edgeKind({
  needs: "updates",
  description: `${sessions} WebSockets over ${ports.length} nodes of the updates service, one of which leaves the list`,
  // Handshakes and messages of so many clients take most of two cores.
  promptMs: 1000,
  sqlBeside: true,
  variants: 1,
  lengthy: true,
  play: async (round) => {
    const { pair, signal, restore, elapsed, fault, drained, ended, served, healthy } = round;
    const { authority, app, ports: edgePorts } = edgeOf(pair);
    const { host, drainS, address, port } = updatesOf(pair);
    for (const port of ports) restore(await startTargetAt(pair.lab, { address: app, port }));
    const service = await startNodesService(pair.lab, { address, port });
    restore(() => service.stop());
    service.behave(listOf(pair, ports));
    await waitUntil(() => otherTargets(pair, ports), withinMs, signal);
    const sources = await otherAddresses(round, addresses);
    for (const source of sources) await welcomed(round, source);
    const clients = await startWebSockets(pair.lab, {
      ...{ address: pair.vip.address, port: edgePorts.https, host, ca: authority, sources: [...sources] },
      ...{ count: sessions, atOnce: 10, everyMs: 1000, newEveryMs: 100, deadlineMs: 5000 },
    });
    restore(() => clients.stop());
    const ofTarget = (port: number) =>
      clients.lines.filter(({ kind, target }) => kind === "held" && target === String(port)).length;
    for (const port of ports)
      if (ofTarget(port) < leastOfTarget)
        fault(`the node at ${port} has ${ofTarget(port)} of ${sessions} sessions`);
    const staying = ports.filter((port) => port !== leavingPort);
    service.behave(listOf(pair, staying));
    await waitUntil(() => otherTargets(pair, staying), withinMs, signal);
    const atMs = nowMs();
    const isClosed = () => {
      const closed = clients.lines.filter(
        ({ kind, target }) => kind === "closed" && target === String(leavingPort),
      );
      const left = ofTarget(leavingPort) - closed.length;
      return left > 0 && nowMs() - atMs < drainS * 1000 + withinMs ? `${left} sessions are open` : undefined;
    };
    await waitUntil(isClosed, drainS * 1000 + 2 * withinMs, signal);
    // The others outlive the bound.
    await elapsed(nowMs(), 2000);
    await clients.stop();
    const leaving = { target: String(leavingPort), atMs, drainMs: drainS * 1000 };
    const { drained: found, faults, lastClosedMs } = judgeDrain(clients.lines, leaving);
    drained(found);
    if (lastClosedMs !== undefined) ended(lastClosedMs - atMs);
    for (const sentence of faults) fault(sentence);
    await served(nowMs());
    await healthy();
  },
});

function listOf(pair: DrilledPair, listed: readonly number[]) {
  const { app: address } = edgeOf(pair);
  return { as: "list", nodes: { nodes: listed.map((port) => ({ address, port })) } } as const;
}

/** Why the route does not have exactly these nodes; undefined where it has. */
async function otherTargets(pair: DrilledPair, listed: readonly number[]): Promise<string | undefined> {
  const { app } = edgeOf(pair);
  const { targets = [] } = await routesOf(pair)
    .showRoute(updatesOf(pair).host)
    .catch(() => ({ targets: [] }));
  const wanted = listed.map((port) => `http://${app}:${port}`).join();
  const found = targets
    .map(({ url }) => url)
    .toSorted()
    .join();
  return found === wanted ? undefined : `the route leads to ${found || "nothing"} in place of ${wanted}`;
}
