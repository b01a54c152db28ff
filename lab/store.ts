import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import * as z from "zod";
import { LabError, noSuchLab } from "../base/labError.ts";
import { MachineSpec } from "../contract/lab.ts";
import { labState, machineFile, machinesDir, networkFile } from "./paths.ts";
import { CheckedNetworkSpec, parseSpec } from "./spec.ts";

const StoredMachine = z.strictObject({
  spec: MachineSpec,
  /** Folder of the image that the disk is a layer over, for good. */
  base: z.string(),
  /** The machine, or `app`, to which its SSH port went since. */
  portTakenBy: z.string().optional(),
});
export type StoredMachine = z.infer<typeof StoredMachine>;

const StoredNetwork = z.strictObject({ spec: CheckedNetworkSpec, base: z.string() });
export type StoredNetwork = z.infer<typeof StoredNetwork>;

/** Writes by rename: a reader, or a kill, sees the old text or the new. */
export function writeAtomically(path: string, text: string, mode = 0o600): void {
  mkdirSync(dirname(path), { recursive: true });
  const partial = `${path}.${process.pid}.partial`;
  writeFileSync(partial, text, { mode });
  renameSync(partial, path);
}

/** The file's text; undefined where there is none. */
export function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** True where an error says that a file or process is not there (any more). */
export function isMissing(error: unknown): boolean {
  return (
    error instanceof Error && "code" in error && ["ENOENT", "ENODEV", "ESRCH"].includes(String(error.code))
  );
}

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

/** Names of the lab's machines, sorted: those that have a disk or were about to get one. */
export function machineNames(lab: string): string[] {
  try {
    return readdirSync(machinesDir(lab)).sort();
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

export function unknownLab(lab: string): LabError {
  return new LabError(
    `There is no lab ${lab} (no ${labState(lab)}); make it first: lab network up --lab ${lab}.`,
    noSuchLab,
  );
}
