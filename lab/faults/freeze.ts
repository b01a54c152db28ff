import { leaderPid } from "../machine/exec.ts";
import { bridge, bridgePort, namespace } from "../paths.ts";
import { freezeGroup } from "../process/group.ts";
import { runSync } from "../process/run.ts";
import { readCut } from "./cut.ts";

/** Pauses the machine as a hypervisor would, its network stack included: this host's kernel would go on answering. */
export function freeze(lab: string, name: string): void {
  leaderPid(lab, name);
  runSync(["ip", "-n", namespace(lab), "link", "set", bridgePort(name), "nomaster"]);
  freezeGroup(lab, name, true);
}

/** Lets a paused machine go on; a partition made meanwhile stays. */
export function thaw(lab: string, name: string): void {
  leaderPid(lab, name);
  if (readCut(lab, name)?.how !== "port")
    runSync(["ip", "-n", namespace(lab), "link", "set", bridgePort(name), "master", bridge]);
  freezeGroup(lab, name, false);
}
