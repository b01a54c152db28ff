import { join } from "node:path";
import { Failure } from "../../base/failure.ts";
import { writeAtomically } from "../../base/files.ts";
import { machineData } from "../../base/vagrantFiles.ts";
import {
  startFile,
  startVariable,
  tokenFile,
  tokenVariable,
  type VagrantLogin,
} from "../../contract/vagrantMachines.ts";
import { machineNamed, readMachines, storedMachines } from "../machinesFile.ts";
import { progress } from "../progress.ts";
import { showVagrant } from "../vagrantCommand.ts";
import { bootedSettings, type Lack, lackOf, wantedSettings } from "./booted.ts";
import { otherBox } from "./box.ts";
import { channelOf } from "./channel.ts";
import { makeHostKeys } from "./hostKeys.ts";
import { loginAt } from "./login.ts";
import { reachAddress } from "./reach.ts";

/**
 * Starts a machine unless it runs, and boots it again where it runs with other settings than the config's.
 * @returns how it is reached on the network
 * @throws Failure with Vagrant's reason
 */
export async function up(name: string): Promise<VagrantLogin> {
  const earlier = storedMachines();
  const before = earlier && bootedSettings(name, earlier.provider);
  // Has the machines' file written anew.
  await showVagrant("up", name);
  const spec = readMachines();
  const wanted = wantedSettings(spec, machineNamed(spec, name));
  await make(name, lackOf(spec.provider, bootedSettings(name, spec.provider), wanted));
  const box = otherBox(name, spec.provider, spec.box);
  if (box !== undefined) process.stderr.write(`warning: ${box}\n`);
  const channel = await channelOf(name);
  await makeHostKeys(channel, spec.provider);
  await reachAddress(channel, wanted, before?.address);
  const login = await loginAt(wanted.address, channel);
  for (const [variable, file] of Object.entries({ [tokenVariable]: tokenFile, [startVariable]: startFile })) {
    const word = process.env[variable];
    if (word !== undefined) writeAtomically(join(machineData(name, spec.provider), file), word);
  }
  return login;
}

async function make(name: string, lack: Lack): Promise<void> {
  if (lack.by === "nothing") return;
  if (lack.by === "making")
    throw new Failure(
      `${name}: a new machine alone gets another ${lack.settings.join(", ")}: set back what the config has changed, or vagrant destroy -f ${name} (its data go with it), then run this again`,
    );
  const reason =
    lack.settings.length > 0
      ? `gets another ${lack.settings.join(", ")} by a boot`
      : "was booted with settings that nobody knows";
  progress(`${name} ${reason}: reloading it`);
  await showVagrant("reload", name);
}
