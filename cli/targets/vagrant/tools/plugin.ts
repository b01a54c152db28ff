import { messageOf } from "../../../../base/failure.ts";
import { output } from "./output.ts";

const name = "vagrant-libvirt";

/** Why Vagrant cannot use libvirt, a sentence; undefined where it can. */
export async function pluginTrouble(): Promise<string | undefined> {
  try {
    return missingPlugin(await output("vagrant", ["plugin", "list", "--machine-readable"]));
  } catch (error) {
    return messageOf(error);
  }
}

/** Reads one line a fact: time, plugin, kind, value. Pure. */
export function missingPlugin(text: string): string | undefined {
  if (text.split("\n").some((line) => line.trim().endsWith(`,plugin-name,${name}`))) return undefined;
  return `Vagrant's plugin ${name} is missing: vagrant plugin install ${name}, or with Debian's own Vagrant apt-get install ${name}`;
}
