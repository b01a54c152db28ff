import { knownMachines } from "./known.ts";
import { askVagrant } from "./vagrantCommand.ts";

/** By machine: its state in the provider's words, such as `running`, `poweroff` (VirtualBox) or `shutoff` (libvirt). */
export type States = Readonly<Record<string, string>>;

/** Asks Vagrant, which then forgets machines that were removed behind its back. @throws Failure with its reason */
export async function machineStates(): Promise<States> {
  return parseStates((await askVagrant("status", "--machine-readable")).stdout);
}

/** Names of those that run; Vagrant is not asked where it has none. @throws Failure with its reason */
export async function runningMachines(): Promise<readonly string[]> {
  if (knownMachines().length === 0) return [];
  const states = Object.entries(await machineStates());
  return states.flatMap(([name, state]) => (state === "running" ? [name] : []));
}

/** One line a fact: time, machine, kind, value. Pure. */
export function parseStates(text: string): States {
  return Object.fromEntries(
    text
      .split("\n")
      .map((line) => line.trim().split(","))
      .flatMap(([, machine, kind, value]) =>
        kind === "state" && machine && value ? [[machine, value] as const] : [],
      ),
  );
}
