import { Failure } from "../../cli/failure.ts";
import { findLeader } from "../../lab/leader.ts";
import type { DrilledPair } from "./drilledPair.ts";

/** @throws Failure where a machine of the pair is down: that is not what a drill is to find out */
export function assertRunning({ lab, nodes, pool }: DrilledPair): void {
  const down = [...nodes, pool.machine].filter((name) => findLeader(lab, name) === undefined);
  if (down.length > 0)
    throw new Failure(`the lab ${lab} is not up, ${down.join(" and ")} not running: npm start`);
}
