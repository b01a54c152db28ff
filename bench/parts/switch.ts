import { waitFor } from "../../base/waitFor.ts";
import { watchHolders } from "../../drills/observe/watchHolders.ts";
import { type DrilledPair, drilledPair } from "../../drills/pair.ts";
import { restorations } from "../../drills/playRound.ts";
import { exec } from "../../lab/machine/exec.ts";
import { egressUnit } from "../../render/paths.ts";
import { atMost, type Figure, information, median, round } from "../figure.ts";
import type { Findings } from "../findings.ts";
import type { BenchProject } from "../project.ts";
import { type AwayFromDead, switchAwayFromDead } from "../switch/awayFromDead.ts";
import { type BetweenLiving, switchBetweenLiving } from "../switch/betweenLiving.ts";
import { openActuator } from "../switch/stage.ts";

const switches = 1000;

interface Options {
  readonly signal: AbortSignal;
}

/**
 * Switches of preference by the agent's own code, on the node, with its user's rights and on its Node. The agent itself
 * stands aside: it would put right what is changed behind its back.
 */
export async function measureSwitch(project: BenchProject, { signal }: Options): Promise<Findings> {
  const pair = drilledPair(project.topology, await project.outputs());
  const holder = await findHolder(pair);
  const { add: restore, undo } = restorations();
  const unit = async (verb: "start" | "stop") => {
    const { exitCode, stderr } = await exec(pair.lab, holder, ["systemctl", verb, egressUnit]);
    if (exitCode !== 0) throw new Error(`systemctl ${verb} ${egressUnit} on ${holder}: ${stderr}`);
  };
  try {
    restore(() => unit("start"));
    await unit("stop");
    const actuator = await openActuator(pair, holder);
    restore(() => actuator.end());
    const stage = { pair, holder, actuator, signal, restore };
    const living = await switchBetweenLiving(stage, switches);
    console.error(`switch: ${switches} between living proxies, ${living.requests} requests beside them`);
    const dead = await switchAwayFromDead(stage, switches);
    console.error(`switch: ${dead.deaths} away from a dead proxy, ${dead.held} long connections beside them`);
    return { figures: switchFigures(living, dead) };
  } finally {
    for (const trouble of await undo()) console.error(trouble);
  }
}

async function findHolder(pair: DrilledPair): Promise<string> {
  const watch = watchHolders(pair.lab, pair.nodes, pair.vip.address);
  try {
    const holder = await waitFor(5000, () => watch.holders()[0], { everyMs: 50 });
    if (holder !== undefined) return holder;
    throw new Error("nobody holds the virtual address of the bench's pair");
  } finally {
    watch.stop();
  }
}

/**
 * What switches of preference cost, first where both proxies live, then where the preferred one dies each time. The
 * agent writes its file before it tells haproxy; how long that takes is the disk's matter, and is told without a goal.
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
