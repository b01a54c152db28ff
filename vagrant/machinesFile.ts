import { readFileSync } from "node:fs";
import { Failure, messageOf } from "../base/failure.ts";
import { readIfThere } from "../base/files.ts";
import { machinesFile } from "../base/vagrantFiles.ts";
import { machinesIn, type VagrantMachine, VagrantMachines } from "../contract/vagrantMachines.ts";

/** What Vagrant reads of the stack; undefined where none was written yet, or by another version of the program. */
export function storedMachines(): VagrantMachines | undefined {
  return machinesIn(readIfThere(machinesFile));
}

/** The same, which the Vagrantfile has written. @throws Failure where it is not there, or of another version */
export function readMachines(): VagrantMachines {
  try {
    return VagrantMachines.parse(JSON.parse(readFileSync(machinesFile, "utf8")));
  } catch (error) {
    throw new Failure(`${machinesFile} cannot be used (${messageOf(error)}): npm run vagrant writes it anew`);
  }
}

/** @throws Failure where the stack has no such machine */
export function machineNamed({ machines, stack }: VagrantMachines, name: string): VagrantMachine {
  const machine = machines.find((each) => each.name === name);
  if (machine === undefined) throw new Failure(`the stack ${stack} has no machine named ${name}`);
  return machine;
}
