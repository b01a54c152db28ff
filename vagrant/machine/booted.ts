import { join } from "node:path";
import * as z from "zod";
import { readIfThere } from "../../base/files.ts";
import { machineData } from "../../base/vagrantFiles.ts";
import {
  bootFile,
  settingsOfMaking,
  VagrantMachine,
  type VagrantMachines,
  type VagrantProvider,
  type VagrantSetting,
} from "../../contract/vagrantMachines.ts";

/** Settings that a machine gets by a boot, or when it is made. */
const BootSettings = z.strictObject({
  ...VagrantMachine.shape,
  bridge: z.string(),
  firstNetwork: z.optional(z.string()),
});
export type BootSettings = z.infer<typeof BootSettings>;

/** Those of the config. */
export function wantedSettings(
  { bridge, firstNetwork }: VagrantMachines,
  machine: VagrantMachine,
): BootSettings {
  return { ...machine, bridge, ...(firstNetwork !== undefined && { firstNetwork }) };
}

/** Those that a machine was booted with, as the Vagrantfile has written them down; undefined where nobody knows. */
export function bootedSettings(name: string, provider: string): BootSettings | undefined {
  const text = readIfThere(join(machineData(name, provider), bootFile));
  try {
    return BootSettings.parse(JSON.parse(text ?? ""));
  } catch {
    return undefined;
  }
}

const words: Readonly<Record<VagrantSetting, string>> = {
  name: "name",
  address: "address",
  netmask: "netmask",
  memoryMb: "memory",
  cpus: "number of processors",
  bridge: "bridge",
  firstNetwork: "network of the first adapter",
};

/** What has to be done with a machine before it has the settings of the config. */
export type Lack =
  | { readonly by: "nothing" }
  /** @field settings in words; empty where nobody knows which ones it has */
  | { readonly by: "boot"; readonly settings: readonly string[] }
  | { readonly by: "making"; readonly settings: readonly string[] };

/** Compares settings. Pure. */
export function lackOf(
  provider: VagrantProvider,
  booted: BootSettings | undefined,
  wanted: BootSettings,
): Lack {
  if (booted === undefined) return { by: "boot", settings: [] };
  const changed = (Object.keys(words) as VagrantSetting[]).filter((key) => booted[key] !== wanted[key]);
  const making = changed.filter((key) => settingsOfMaking[provider].includes(key));
  if (making.length > 0) return { by: "making", settings: making.map((key) => words[key]) };
  if (changed.length > 0) return { by: "boot", settings: changed.map((key) => words[key]) };
  return { by: "nothing" };
}
