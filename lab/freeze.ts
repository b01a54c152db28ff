import { freezeGroup } from "./group.ts";
import { leaderPid } from "./leader.ts";
import { bridgePort, namespace } from "./paths.ts";
import { runSync } from "./run.ts";

/** Pauses the machine as a hypervisor would, its network stack included: this host's kernel would go on answering. */
export function freeze(lab: string, name: string): void {
  leaderPid(lab, name);
  runSync(["ip", "-n", namespace(lab), "link", "set", bridgePort(name), "nomaster"]);
  freezeGroup(lab, name, true);
}
