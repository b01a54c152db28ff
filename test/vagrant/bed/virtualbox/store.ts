import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeAtomically } from "../../../../base/files.ts";
import { Refusal } from "./refusal.ts";

/** A registered machine. */
export interface Machine {
  readonly uuid: string;
  name: string;
  /** Its disk, its log and its sockets. */
  readonly folder: string;
  /** The unpacked box that it was imported from. */
  readonly box: string;
  /** What `modifyvm` set, by the option's name without dashes: `memory`, `nic2`. */
  readonly settings: Record<string, string>;
  /** Names of its snapshots. */
  readonly snapshots: string[];
  /** Port forwards of the first adapter by name: protocol, host's address, host's port, guest's address, guest's port. */
  readonly forwards: Record<string, readonly string[]>;
}

/** All that is registered in a folder, as VirtualBox keeps it for a user. */
export interface Registry {
  readonly folder: string;
  readonly machines: Machine[];
}

export const machinesFolder = (folder: string) => join(folder, "machines");
const file = (folder: string) => join(folder, "machines.json");

export function readRegistry(folder: string): Registry {
  const machines = existsSync(file(folder)) ? JSON.parse(readFileSync(file(folder), "utf8")) : [];
  return { folder, machines };
}

export function writeRegistry({ folder, machines }: Registry): void {
  writeAtomically(file(folder), JSON.stringify(machines, undefined, 1));
}

/** @param id a name or UUID @throws Refusal in VirtualBox's words, which Vagrant looks for */
export function findMachine({ machines }: Registry, id: string | undefined): Machine {
  const found = machines.find(({ uuid, name }) => id === uuid || id === name);
  if (found !== undefined) return found;
  throw new Refusal(
    `Could not find a registered machine named '${id}'`,
    "VBOX_E_OBJECT_NOT_FOUND (0x80bb0001)",
  );
}

export function register(registry: Registry, name: string, box: string): Machine {
  const uuid = randomUUID();
  const folder = join(machinesFolder(registry.folder), name);
  mkdirSync(folder, { recursive: true });
  const settings = { memory: "1024", cpus: "1", nic1: "nat" };
  const machine = { uuid, name, folder, box, settings, snapshots: [], forwards: {} };
  writeFileSync(definitionOf(machine), "");
  registry.machines.push(machine);
  return machine;
}

/** VirtualBox's own file of a machine, without which the machine is inaccessible. */
export const definitionOf = ({ folder }: Pick<Machine, "folder">) => join(folder, "machine.vbox");
export const isAccessible = (machine: Machine): boolean => existsSync(definitionOf(machine));

export function unregister(registry: Registry, machine: Machine): void {
  registry.machines.splice(registry.machines.indexOf(machine), 1);
}

/** Whether a machine's box has no kernel, but the path of a lab's image. */
export const isContainer = ({ box }: Machine): boolean => existsSync(join(box, "image"));

/** QEMU writes it itself: a machine runs also where who started it was killed. */
export const pidFile = ({ folder }: Machine) => join(folder, "pid");

/** Pid of what runs it; undefined where it is off. */
function pidOf(machine: Machine): string | undefined {
  try {
    const pid = readFileSync(pidFile(machine), "utf8").trim();
    // A pid may have gone to another process since.
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(machine.uuid) ? pid : undefined;
  } catch {
    return undefined;
  }
}

export const isRunning = (machine: Machine): boolean => pidOf(machine) !== undefined;
