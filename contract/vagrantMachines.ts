import * as z from "zod";

/** What Vagrant reads of a stack: `vagrant/machines.json`. No value of it stands in the Vagrantfile. */

export const VagrantProvider = z.enum(["virtualbox", "libvirt"]);
export type VagrantProvider = z.infer<typeof VagrantProvider>;

export const VagrantBox = z.strictObject({
  name: z.string(),
  /** Absent: the newest that Vagrant has or finds. */
  version: z.optional(z.string()),
  /** Absolute path of a box file, in place of the catalogue's. */
  file: z.optional(z.string()),
  /** SHA-256, hex. */
  checksum: z.optional(z.string()),
  /** Absent: this machine's own. */
  architecture: z.optional(z.string()),
});
export type VagrantBox = z.infer<typeof VagrantBox>;

export const VagrantMachine = z.strictObject({
  name: z.string(),
  address: z.ipv4(),
  netmask: z.ipv4(),
  memoryMb: z.int(),
  cpus: z.int(),
});
export type VagrantMachine = z.infer<typeof VagrantMachine>;

/** Settings of a machine, by name: its own and those of all. */
export const VagrantSetting = z.enum([...VagrantMachine.keyof().options, "bridge", "firstNetwork"]);
export type VagrantSetting = z.infer<typeof VagrantSetting>;

/**
 * Those that a new machine alone gets. vagrant-libvirt makes adapters, and configures the guest's network, for nothing
 * else. On VirtualBox a boot would bring another first network, from which the firewall of a host that has its bundle does
 * not let Vagrant's own SSH in.
 */
export const settingsOfMaking: Readonly<Record<VagrantProvider, readonly VagrantSetting[]>> = {
  virtualbox: ["firstNetwork"],
  libvirt: ["address", "netmask", "bridge", "firstNetwork"],
};

export const VagrantMachines = z.strictObject({
  version: z.literal(1),
  /** The stack that the file was rendered from. */
  stack: z.string(),
  provider: VagrantProvider,
  box: VagrantBox,
  /** Login of the box. */
  user: z.string(),
  /** Name of the adapter as the provider has it, already chosen. */
  bridge: z.string(),
  /** Network of each machine's first adapter; absent: the provider's own. */
  firstNetwork: z.optional(z.string()),
  /** {@link settingsOfMaking} of the provider, for the Vagrantfile. */
  ofMaking: z.array(VagrantSetting),
  machines: z.array(VagrantMachine),
});
export type VagrantMachines = z.infer<typeof VagrantMachines>;

/** The text of such a file; undefined where there is none, or one of another version of the program. Pure. */
export function machinesIn(text: string | undefined): VagrantMachines | undefined {
  try {
    return VagrantMachines.parse(JSON.parse(text ?? ""));
  } catch {
    return undefined;
  }
}

/** Standard output of `vagrant/main.ts up NAME`: how the machine is reached. */
export const VagrantLogin = z.object({
  host: z.ipv4(),
  port: z.int(),
  user: z.string(),
  privateKey: z.string(),
  /** Public host key, one line: type and key. */
  hostKey: z.string(),
});
export type VagrantLogin = z.infer<typeof VagrantLogin>;

/**
 * Set for Vagrant by programs of the project that run it, and that deliver themselves: without it, Vagrant starts a
 * roll-out once its machines run.
 */
export const deliversVariable = "HAPAIR_DELIVERS";
/** Names the stack whose machines Vagrant makes. */
export const stackVariable = "HAPAIR_STACK";
/** A machine's token, for `vagrant/main.ts up NAME`: see {@link tokenFile}. */
export const tokenVariable = "HAPAIR_TOKEN";
/**
 * In Vagrant's folder of a machine: a word by which the engine knows the machine, put there once it has a login on it.
 * Vagrant removes it with the machine, and the Vagrantfile where an earlier state of the machine is restored: all that
 * was delivered may be gone then.
 */
export const tokenFile = "hapair-token";
/** The word for a machine's last start, for `vagrant/main.ts up NAME`: see {@link startFile}. */
export const startVariable = "HAPAIR_START";
/**
 * Beside it: a word that stays while the machine runs and is reached. The engine is given another one for a machine that
 * does not run, so that it has it started.
 */
export const startFile = "hapair-start";
/** Beside it: the settings that the machine was booted with, as the Vagrantfile writes them. */
export const bootFile = "hapair.json";
