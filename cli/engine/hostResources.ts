import { hostsOf } from "../../topology/hosts.ts";
import type { Topology } from "../../topology/topology.ts";
import type { StackResource } from "./stackState.ts";

/** What a host's resources are called after its name; the name of another host may begin with it and a dash. */
const machineOfHost = ["instance", "machine"] as const;
const partsOfHost = [
  ...machineOfHost,
  ...["facts", "packages", "give-back"],
  ...["program-copy", "program", "check", "bundle", "apply", "join"],
] as const;

/** Names of every resource that does something on a host. */
export function resourcesOf(host: string): readonly string[] {
  return partsOfHost.map((part) => `${host}-${part}`);
}

/** Names of the resources that are a host's machine, without what is delivered to it. */
export function machineOf(host: string): readonly string[] {
  return machineOfHost.map((part) => `${host}-${part}`);
}

/**
 * Names of the resources by which nodes join their pair, where another node of it is left out: that one does not know a
 * new node, and would hold the address beside it. A node that has joined has nothing to do then.
 */
export function joinsBarred(
  pairs: readonly { readonly nodes: readonly { readonly name: string }[] }[],
  without: readonly string[],
): readonly string[] {
  const nodes = pairs.map((pair) => pair.nodes.map(({ name }) => name));
  const barred = nodes.filter((names) => names.some((name) => without.includes(name)));
  return barred.flat().map((name) => `${name}-join`);
}

const giveBack = /^(.+)-give-back$/;

/** Names of the hosts that were there before the stack, and that its state has to give back. */
export function hostsToGiveBack(resources: readonly Pick<StackResource, "name">[]): readonly string[] {
  return [...new Set(resources.flatMap(({ name }) => giveBack.exec(name)?.[1] ?? []))];
}

/** Names of the hosts that the state has to give back, and the config does not have. */
export function leavingHosts(
  resources: readonly Pick<StackResource, "name">[],
  topology: Topology,
): readonly string[] {
  const known = hostsOf(topology).map(({ name }) => name);
  return hostsToGiveBack(resources).filter((name) => !known.includes(name));
}

/** What to do about hosts that have left the config and cannot be given back. */
export function withoutHint(stackName: string, hosts: readonly string[]): string {
  return `Run this again once that is mended. To leave a host as it is for ever: npm run up -- ${stackName} --without ${hosts.join(" ")}`;
}
