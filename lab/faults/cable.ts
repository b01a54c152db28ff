import { bridge, bridgePort, namespace } from "../paths.ts";
import { runSync } from "../process/run.ts";
import { isVpc, setCut } from "../vpc/inVpc.ts";

/** The machine sends and receives nothing; its link stays up. */
export function unplug(lab: string, name: string): void {
  if (isVpc(lab)) setCut(lab, name, true);
  else runSync(["ip", "-n", namespace(lab), "link", "set", bridgePort(name), "nomaster"]);
}

/** Undoes `unplug`. */
export function plug(lab: string, name: string): void {
  if (isVpc(lab)) setCut(lab, name, false);
  else runSync(["ip", "-n", namespace(lab), "link", "set", bridgePort(name), "master", bridge]);
}
