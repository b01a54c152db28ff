import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { machineData, vagrantData } from "../base/vagrantFiles.ts";

/** A machine that Vagrant has made in this clone, and has not destroyed. */
export interface KnownMachine {
  readonly name: string;
  readonly provider: string;
}

/** Reads Vagrant's own files, without Vagrant. */
export function knownMachines(): readonly KnownMachine[] {
  const machines = join(vagrantData(), "machines");
  return foldersIn(machines).flatMap((name) =>
    foldersIn(join(machines, name))
      .filter((provider) => existsSync(join(machineData(name, provider), "id")))
      .map((provider) => ({ name, provider })),
  );
}

function foldersIn(path: string): readonly string[] {
  return existsSync(path) ? readdirSync(path) : [];
}
