import { setTimeout as delay } from "node:timers/promises";
import { exec } from "../../../lab/exec.ts";
import { egressUnit } from "../../../render/paths.ts";
import { type DrilledPair, drilledPair } from "../../drill/drilledPair.ts";
import { nowMs } from "../../drill/observe/clock.ts";
import { watchHolders } from "../../drill/observe/watchHolders.ts";
import { restorations } from "../../drill/restorations.ts";
import type { BenchProject } from "../benchProject.ts";
import { switchFigures } from "../figures/switch.ts";
import type { Findings } from "../findings.ts";
import { switchAwayFromDead } from "../switch/awayFromDead.ts";
import { switchBetweenLiving } from "../switch/betweenLiving.ts";
import { openActuator } from "../switch/openActuator.ts";

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
    for (const deadline = nowMs() + 5000; nowMs() < deadline; await delay(50)) {
      const [holder] = watch.holders();
      if (holder !== undefined) return holder;
    }
    throw new Error("nobody holds the virtual address of the bench's pair");
  } finally {
    watch.stop();
  }
}
