import type { VagrantProvider } from "../../../../contract/vagrantMachines.ts";
import { output } from "../tools/output.ts";
import type { Adapters } from "./chooseBridge.ts";
import { bridgesIn, defaultRouteIn } from "./linuxLinks.ts";
import { virtualboxAdapters } from "./virtualboxAdapters.ts";

/** Asks this machine, and VirtualBox. Changes nothing. @throws Failure where one of them cannot be asked */
export async function adaptersOf(provider: VagrantProvider): Promise<Adapters> {
  const [adapters, defaultRoute] = await Promise.all([
    provider === "virtualbox"
      ? output("VBoxManage", ["list", "bridgedifs"]).then(virtualboxAdapters)
      : output("ip", ["-j", "-4", "address", "show", "type", "bridge"]).then(bridgesIn),
    output("ip", ["-j", "-4", "route", "show", "default"]).then(defaultRouteIn),
  ]);
  return { adapters, defaultRoute };
}
