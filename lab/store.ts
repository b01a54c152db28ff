import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { dirname } from "node:path";
import * as z from "zod";
import { Failure } from "../base/failure.ts";
import { isMissing, readIfThere, writeAtomically } from "../base/files.ts";
import { MachineSpec } from "../contract/lab.ts";
import { labState, machineFile, machinesDir, networkFile, stateRoot } from "./paths.ts";
import { CheckedNetworkSpec, parseSpec } from "./spec.ts";

const StoredMachine = z.strictObject({
  spec: MachineSpec,
  /** Folder of the image that the disk is a layer over; it never changes. */
  base: z.string(),
  /** The machine, or `app`, that has taken over its SSH port. */
  portTakenBy: z.string().optional(),
});

export type StoredMachine = z.infer<typeof StoredMachine>;

const StoredNetwork = z.strictObject({
  spec: CheckedNetworkSpec,
  base: z.string(),
  /** Path of the clone of the project that the lab belongs to; absent in labs of earlier versions. */
  clone: z.string().optional(),
});

export type StoredNetwork = z.infer<typeof StoredNetwork>;

export function readNetwork(lab: string): StoredNetwork | undefined {
  const text = readIfThere(networkFile(lab));
  return text === undefined ? undefined : parseSpec(StoredNetwork, text, networkFile(lab));
}

export function writeNetwork(lab: string, network: StoredNetwork): void {
  mkdirSync(dirname(networkFile(lab)), { recursive: true, mode: 0o700 });
  writeAtomically(networkFile(lab), `${JSON.stringify(network)}\n`);
}

export function readMachine(lab: string, name: string): StoredMachine | undefined {
  const text = readIfThere(machineFile(lab, name));
  return text === undefined ? undefined : parseSpec(StoredMachine, text, machineFile(lab, name));
}

export function writeMachine(lab: string, name: string, machine: StoredMachine): void {
  writeAtomically(machineFile(lab, name), `${JSON.stringify(machine)}\n`);
}

/** Names of the labs of this host, sorted. */
export function labNames(): string[] {
  return folders(stateRoot).filter((lab) => existsSync(networkFile(lab)));
}

/** Names of the lab's machines, sorted: those that have a disk or were about to get one. */
export function machineNames(lab: string): string[] {
  return folders(machinesDir(lab));
}

function folders(path: string): string[] {
  try {
    return readdirSync(path).sort();
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

/** Exit status where a verb needs a lab that was never made. */
export const noSuchLab = 3;

export function unknownLab(lab: string): Failure {
  return new Failure(
    `There is no lab ${lab} (no ${labState(lab)}); make it first: lab network up --lab ${lab}.`,
    noSuchLab,
  );
}
