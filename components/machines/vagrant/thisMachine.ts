import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { readIfThere } from "../../../base/files.ts";
import { machineData, machinesFile, vagrantData, vagrantFolder } from "../../../base/vagrantFiles.ts";
import { machinesIn, startFile, tokenFile } from "../../../contract/vagrantMachines.ts";

/** What the machine where the program runs has of a stack, by Vagrant's own files and without Vagrant. */

/** A preview on another machine than that of Vagrant, such as in CI. */
export function isElsewhere(): boolean {
  return pulumi.runtime.isDryRun() && !existsSync(vagrantData());
}

/**
 * The word by which the engine knows a machine that it has a login on; a new one where Vagrant does not have that machine
 * any more, or has another one, or the same as it was earlier.
 */
export function tokenOf(machine: string, provider: string): string {
  return readIfThere(join(machineData(machine, provider), tokenFile)) ?? randomUUID();
}

/** The word for a machine's last start; a new one where it does not run, or was found not to be reached. */
export function startOf(machine: string, provider: string, runs: boolean): string {
  const word = runs ? readIfThere(join(machineData(machine, provider), startFile)) : undefined;
  return word ?? randomUUID();
}

/** Whether this process has seen to the stack's machines itself, as the project's own commands do before the engine. */
export function isPrepared(): boolean {
  const startedMs = Date.now() - process.uptime() * 1000;
  return existsSync(machinesFile) && statSync(machinesFile).mtimeMs >= startedMs;
}

/** Names of the machines that run. Where Vagrant does not say, none: its own command, which the engine runs, says why. */
export function runningMachines(): ReadonlySet<string> {
  if (!existsSync(vagrantData())) return new Set();
  try {
    const program = join(vagrantFolder, "main.ts");
    const text = execFileSync(process.execPath, [program, "running"], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    return new Set(JSON.parse(text.toString()));
  } catch {
    return new Set();
  }
}

/** The adapter that was chosen for a stack's machines; undefined where Vagrant has read nothing of it yet. */
export function chosenBridge(stack: string): string | undefined {
  const written = machinesIn(readIfThere(machinesFile));
  return written?.stack === stack ? written.bridge : undefined;
}
