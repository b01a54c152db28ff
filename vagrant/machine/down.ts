import { join } from "node:path";
import { readIfThere } from "../../base/files.ts";
import { machineData } from "../../base/vagrantFiles.ts";
import {
  stackVariable,
  tokenFile,
  tokenVariable,
  type VagrantMachines,
} from "../../contract/vagrantMachines.ts";
import { knownMachines } from "../known.ts";
import { storedMachines } from "../machinesFile.ts";
import { progress } from "../progress.ts";
import { showVagrant } from "../vagrantCommand.ts";

/**
 * Removes a machine that the engine's state does not have any more: destroys it with its disk where the stack goes, and
 * halts it where it has only left the stack's config, since its name there may be a slip and its disk has data. One that
 * is not of this state stays as it is.
 * @throws Failure with Vagrant's reason
 */
export async function down(name: string): Promise<void> {
  const known = knownMachines().find((machine) => machine.name === name);
  // Vagrant refuses a name that neither the config nor its own files have.
  if (known === undefined) return;
  const stored = storedMachines();
  const token = readIfThere(join(machineData(name, known.provider), tokenFile));
  const verdict = fateOf(
    name,
    { stack: process.env[stackVariable], token: process.env[tokenVariable] },
    { stored, token },
  );
  if (verdict === "destroyed") return showVagrant("destroy", "--force", name);
  if (verdict === "halted") await showVagrant("halt", name);
  progress(sentences[verdict](name));
}

const sentences = {
  halted: (name: string) => leftoverSentence(name),
  left: (name: string) =>
    `${name} was made for another stack or state, and stays as it is: in vagrant/, vagrant destroy ${name} removes it`,
};

/** What is said about a machine that has left the config. */
export function leftoverSentence(name: string): string {
  return `${name} is not in the config any more. It is halted and keeps its disk: in vagrant/, vagrant destroy ${name} removes both`;
}

/** What becomes of a machine that leaves a state. Pure. */
function fateOf(
  name: string,
  state: { readonly stack: string | undefined; readonly token: string | undefined },
  { stored, token }: { readonly stored: VagrantMachines | undefined; readonly token: string | undefined },
): "destroyed" | "halted" | "left" {
  // Without either nobody knows whose it is.
  if (stored === undefined && token === undefined) return "left";
  if (stored !== undefined && stored.stack !== state.stack) return "left";
  if (token !== undefined && token !== state.token) return "left";
  // A stack that goes as a whole leaves the file as it was.
  const isInConfig = stored === undefined || stored.machines.some((machine) => machine.name === name);
  return isInConfig ? "destroyed" : "halted";
}
