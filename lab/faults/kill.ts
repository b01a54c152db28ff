import { notRunning } from "../machine/exec.ts";
import { bridgePort, namespace } from "../paths.ts";
import { killGroup } from "../process/group.ts";
import { runSync } from "../process/run.ts";
import { machineNames } from "../store.ts";

/**
 * Cuts the machine's power; its processes are gone some ms later. One that is down already stays so; throws where the
 * lab knows of none. Takes no lock: it may happen at any time, as on a real one.
 */
export function kill(lab: string, name: string): void {
  if (!machineNames(lab).includes(name)) throw notRunning(lab, name);
  // The cable first: dying processes would still send FIN and RST. Off the bridge takes 3 ms, deletion 20 ms.
  unplug(lab, `link set ${bridgePort(name)} nomaster`);
  killGroup(lab, name);
  unplug(lab, `link delete ${bridgePort(name)}`);
}

function unplug(lab: string, command: string): void {
  try {
    runSync(["ip", "-n", namespace(lab), ...command.split(" ")]);
  } catch {
    // A machine that does not run has no cable.
  }
}
