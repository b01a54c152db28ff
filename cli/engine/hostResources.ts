import type { StackResource } from "./stackState.ts";

/** What a host's resources are called after its name; the name of another host may begin with it and a dash. */
const partsOfHost = [
  ...["instance", "facts", "packages", "give-back"],
  ...["program-copy", "program", "check", "bundle", "apply"],
] as const;

/** Names of every resource that does something on a host. */
export function resourcesOf(host: string): readonly string[] {
  return partsOfHost.map((part) => `${host}-${part}`);
}

const giveBack = /^(.+)-give-back$/;

/** Names of the hosts that were there before the stack, and that its state has to give back. */
export function hostsToGiveBack(resources: readonly Pick<StackResource, "name">[]): readonly string[] {
  return [...new Set(resources.flatMap(({ name }) => giveBack.exec(name)?.[1] ?? []))];
}
