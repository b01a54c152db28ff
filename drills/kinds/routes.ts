import { agentUnit } from "../../contract/agentConfig.ts";
import { lostOn } from "../observe/routes.ts";
import { nowMs } from "../time.ts";
import { killUnit } from "./daemons.ts";
import {
  allMade,
  edgeKind,
  judgeWriter,
  makeAsked,
  reload,
  reloadByMaster,
  removeAsked,
  writing,
} from "./edge.ts";
import { otherNode, takenOver } from "./kind.ts";
import { boot, cutPower } from "./machines.ts";

/** Failures while routes change. */

/** Changes that are made before, between and after failures; and how long they may take where a node has gone. */
const some = 20;
const many = 100;
const madeWithinMs = 20_000;

export const routeChangeUnderLoad = edgeKind({
  description: `${2 * many} routes change and HAProxy is reloaded on both nodes, under 300 requests a second`,
  ask: "requests",
  sqlBeside: true,
  variants: 1,
  play: async (round) => {
    const { pair, signal, served, healthy } = round;
    const writer = writing(round);
    for (const node of pair.nodes)
      await Promise.all([reload(round, node), writer.more(many, madeWithinMs, signal)]);
    await served(nowMs());
    await judgeWriter(round, writer);
    allMade(round, writer);
    await healthy();
  },
});

export const routeFailover = edgeKind({
  description: "power cut of the holder while clients change routes; it later comes back as backup",
  play: async (round) => {
    const { pair, holder, signal, nodeGone, served, lost, healthy } = round;
    const writer = writing(round);
    await writer.more(2 * some, madeWithinMs, signal);
    cutPower(round);
    nodeGone();
    const acknowledged = writer.acknowledged();
    await takenOver(round);
    lost(await lostOn(pair, otherNode(round), acknowledged));
    await served(nowMs());
    await writer.more(2 * some, madeWithinMs, signal);
    await boot(pair.lab, holder);
    await healthy();
    await judgeWriter(round, writer);
  },
});

export const routeForeignReload = edgeKind({
  description:
    "HAProxy is reloaded by its master and by its unit, and the agent is killed (kill -9), on both nodes while clients change routes",
  sqlBeside: true,
  variants: 1,
  // The map that a worker reads at a reload by the master is the one of the last reload by systemd: the clients' route is
  // newer.
  prepare: async (preparation) => {
    const { pair, holder } = preparation;
    await removeAsked(preparation);
    await Promise.all(pair.nodes.map((node) => reload(preparation, node)));
    await makeAsked(preparation);
    return holder;
  },
  play: async (round) => {
    const { pair, signal, served, healthy } = round;
    const writer = writing(round);
    for (const node of pair.nodes)
      for (const disturb of [
        () => reloadByMaster(round, node),
        () => reload(round, node),
        () => killUnit(round, node, agentUnit),
      ])
        await Promise.all([disturb(), writer.more(some, madeWithinMs, signal)]);
    await served(nowMs());
    await judgeWriter(round, writer);
    allMade(round, writer);
    await healthy();
  },
});
