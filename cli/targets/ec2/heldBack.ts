import { dirname } from "node:path";
import type { Stack } from "@pulumi/pulumi/automation/index.js";
import type { Pair, Topology } from "../../../topology/topology.ts";
import { outputsOf } from "../../engine/outputs.ts";
import { engineFailure } from "../../engine/passphrase.ts";
import { storedStack } from "../../engine/stackState.ts";
import { holdersOf, hostStatuses } from "../../hosts/ask.ts";
import { openHome } from "../../session/home.ts";
import { inOrder } from "../../session/signals.ts";

/**
 * Nodes whose instances a second run of the engine replaces: one run would replace every node of a pair before the first
 * of them has its bundle. Of each pair the holder stays, until its peers serve again.
 * @param without names of hosts that this roll-out leaves out
 * @throws Failure with the engine's reason
 */
export async function nodesHeldBack(
  stack: Stack,
  { pairs }: Topology,
  without: readonly string[],
): Promise<readonly string[]> {
  const home = openHome(dirname(stack.workspace.workDir));
  const made = storedStack(home, stack.name)?.resources ?? [];
  if (!made.some(({ type }) => type === instanceType)) return [];
  const replaced = (await replacedInstances(stack)).filter((host) => !without.includes(host));
  if (heldBack(pairs, replaced, []).length === 0) return [];
  const { ssh } = await outputsOf(home, stack.name);
  const nodes = pairs.flatMap((pair) => pair.nodes.map(({ name }) => name));
  const asked = Object.fromEntries(Object.entries(ssh).filter(([host]) => nodes.includes(host)));
  return heldBack(pairs, replaced, holdersOf(await hostStatuses(asked)));
}

/**
 * Pure.
 * @param replaced hosts whose instances the engine would replace
 * @param holders nodes that say that they hold their pair's address
 */
export function heldBack(
  pairs: readonly Pick<Pair, "nodes">[],
  replaced: readonly string[],
  holders: readonly string[],
): readonly string[] {
  return pairs.flatMap(({ nodes }) => {
    const names = nodes.map(({ name }) => name).filter((name) => replaced.includes(name));
    if (names.length < nodes.length) return [];
    // Where nobody says that it is the holder, the first node is the most likely one.
    return names.find((name) => holders.includes(name)) ?? names[0] ?? [];
  });
}

const instanceType = "aws:ec2/instance:Instance";

/** Hosts whose instances the engine would replace. Changes nothing. @throws Failure with the engine's reason */
export async function replacedInstances(stack: Stack): Promise<readonly string[]> {
  const hosts = new Set<string>();
  try {
    await inOrder((signal) =>
      stack.preview({
        signal,
        onEvent: ({ resourcePreEvent }) => {
          const { op, type, urn } = resourcePreEvent?.metadata ?? {};
          if (type === instanceType && op?.includes("replace"))
            hosts.add((urn?.split("::").at(-1) ?? "").replace(/-instance$/, ""));
        },
      }),
    );
  } catch (error) {
    throw engineFailure(error, stack);
  }
  return [...hosts].sort();
}
