import { LabError } from "./labError.ts";
import { namespaceLives } from "./makeNamespace.ts";
import { inside, type MachineSpec } from "./spec.ts";
import { machineNames, readMachine, type StoredNetwork } from "./store.ts";

/** @throws LabError, one sentence, where the lab cannot have such a machine now. Touches nothing. */
export async function checkMachine(
  lab: string,
  name: string,
  { address }: MachineSpec,
  { spec }: StoredNetwork,
): Promise<void> {
  if (!(await namespaceLives(lab)))
    throw new LabError(`The network of lab ${lab} is not up; bring all of it back: lab up --lab ${lab}.`);
  if (!inside(address, spec.cidr))
    throw new LabError(
      `address: ${address} is outside ${spec.cidr}, the network of lab ${lab}; choose one inside.`,
    );
  if (address === spec.app) throw new LabError(`address: ${address} is app's in lab ${lab}; choose another.`);
  const others = machineNames(lab).filter((other) => other !== name);
  const owner = others.find((other) => readMachine(lab, other)?.spec.address === address);
  if (owner !== undefined)
    throw new LabError(
      `address: ${address} is ${owner}'s in lab ${lab}; choose another or, if ${owner} is to go, remove it and its disk first: lab down ${owner} --purge --lab ${lab}.`,
    );
}
