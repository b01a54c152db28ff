import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
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
  const machine = { uuid, name, folder, box, settings, forwards: {} };
  registry.machines.push(machine);
  return machine;
}

export function unregister(registry: Registry, machine: Machine): void {
  rmSync(machine.folder, { recursive: true, force: true });
  registry.machines.splice(registry.machines.indexOf(machine), 1);
}

/** QEMU writes it itself: a machine runs also where who started it was killed. */
export const pidFile = ({ folder }: Machine) => join(folder, "pid");

/** Pid of its QEMU; undefined where it is off. */
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
