import { readCut } from "./cutState.ts";
import { freezeGroup } from "./group.ts";
import { leaderPid } from "./leader.ts";
import { bridge, bridgePort, namespace } from "./paths.ts";
import { runSync } from "./run.ts";

/** Lets a paused machine go on; a partition made meanwhile stays. */
export function thaw(lab: string, name: string): void {
  leaderPid(lab, name);
  if (readCut(lab, name)?.how !== "port")
    runSync(["ip", "-n", namespace(lab), "link", "set", bridgePort(name), "master", bridge]);
  freezeGroup(lab, name, false);
}
