import { waitFor } from "../../base/waitFor.ts";
import { agentUnit } from "../../contract/agentConfig.ts";
import { run } from "../../drills/machine.ts";
import { watchHolders } from "../../drills/observe/watchHolders.ts";
import { type DrilledPair, drilledPair } from "../../drills/pair.ts";
import { restorations } from "../../drills/restorations.ts";
import type { Findings } from "../figure.ts";
import { atMost, type Figure, information, median, round } from "../figure.ts";
import type { BenchProject } from "../project.ts";
import { type AwayFromDead, switchAwayFromDead } from "./awayFromDead.ts";
import { type BetweenLiving, switchBetweenLiving } from "./betweenLiving.ts";
import { openActuator } from "./setup.ts";

const switches = 1000;

interface Options {
  readonly signal: AbortSignal;
}

/**
 * Switches of preference by the agent's own code, on the node, with the agent's user and Node. The agent itself is
 * stopped: it would undo every change that is not its own.
 */
export async function measureSwitch(project: BenchProject, { signal }: Options): Promise<Findings> {
  const pair = drilledPair(project.topology, await project.outputs());
  const holder = await findHolder(pair);
  const { add: restore, undo } = restorations();
  const agent = async (verb: "start" | "stop") => {
    await run(pair.lab, holder, ["systemctl", verb, agentUnit]);
  };
  try {
    restore(() => agent("start"));
    await agent("stop");
    const actuator = await openActuator(pair, holder);
    restore(() => actuator.end());
    const setup = { pair, holder, actuator, signal, restore };
    const living = await switchBetweenLiving(setup, switches);
    console.error(`switch: ${switches} between living proxies, with ${living.requests} requests`);
    const dead = await switchAwayFromDead(setup, switches);
    console.error(`switch: ${dead.deaths} away from a dead proxy, with ${dead.held} long connections`);
    return { figures: switchFigures(living, dead) };
  } finally {
    for (const problem of await undo()) console.error(problem);
  }
}

async function findHolder(pair: DrilledPair): Promise<string> {
  const watch = watchHolders(pair.lab, pair.nodes, pair.vip.address);
  try {
    const holder = await waitFor(5000, () => watch.holders()[0], { everyMs: 50 });
    if (holder !== undefined) return holder;
    throw new Error("no node holds the virtual address of the bench's pair");
  } finally {
    watch.stop();
  }
}

/**
 * What switches of preference cost: first between two proxies that work, then away from one that dies each time. The
 * agent writes its file before it tells haproxy; that time depends on the disk, so it has no goal.
 */
export function switchFigures(living: BetweenLiving, dead: AwayFromDead): Figure[] {
  const { times, requests, failed, lost } = living;
  const switches = `${times.length} switches of preference`;
  const deaths = `${dead.deaths} switches away from a dead proxy`;
  const p50 = (of: (time: BetweenLiving["times"][number]) => number) => round(median(times.map(of)), 2);
  return [
    atMost(
      1,
      "switch of preference over the Runtime API, p50",
      p50(({ apiMs }) => apiMs),
      "ms",
    ),
    atMost(0, `requests failed over ${switches}`, failed, ""),
    atMost(0, `connections lost over ${switches}`, lost, ""),
    atMost(0, `connections lost on other proxies over ${deaths}`, dead.lost, ""),
    atMost(0, `clients left without an answer over ${deaths}`, dead.silent, ""),
    information(
      "switch of preference, its file on disk included, p50",
      p50(({ totalMs }) => totalMs),
      "ms",
    ),
    information(`requests made over ${switches}`, requests, ""),
    information(`connections held on other proxies over ${deaths}`, dead.held, ""),
    information(`connections ended with their proxy over ${deaths}`, dead.ended, ""),
  ];
}
