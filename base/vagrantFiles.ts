import { join, resolve } from "node:path";

/** Where the project's part about Vagrant and Vagrant itself keep what they know of this clone's machines. */

/** Folder of the Vagrantfile. */
export const vagrantFolder = join(import.meta.dirname, "../vagrant");

/** What Vagrant reads of a stack. */
export const machinesFile = join(vagrantFolder, "machines.json");

/** Folder of Vagrant's own files. It takes a relative path from the folder of the Vagrantfile. */
export function vagrantData(): string {
  return resolve(vagrantFolder, process.env.VAGRANT_DOTFILE_PATH || ".vagrant");
}

/** What Vagrant keeps of a machine; empty once it has destroyed it. */
export function machineData(machine: string, provider: string): string {
  return join(vagrantData(), "machines", machine, provider);
}
