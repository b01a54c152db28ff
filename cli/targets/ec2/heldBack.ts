import { dirname } from "node:path";
import type { Stack } from "@pulumi/pulumi/automation/index.js";
import { Failure } from "../../../base/failure.ts";
import { waitWhile } from "../../../base/waitFor.ts";
import type { HostReport } from "../../../contract/hostStatus.ts";
import type { Pair, Topology } from "../../../topology/topology.ts";
import { type InstanceChange, instanceChangeOf, instanceType } from "../../engine/instanceChange.ts";
import { outputsOf } from "../../engine/outputs.ts";
import { engineFailure } from "../../engine/passphrase.ts";
import { storedStack } from "../../engine/stackState.ts";
import { holdersOf, hostStatuses } from "../../hosts/ask.ts";
import { deliveredBundles, runs } from "../../hosts/drift.ts";
import { openHome } from "../../session/home.ts";
import { announceIfSlow } from "../../session/output.ts";
import { inOrder } from "../../session/signals.ts";
import type { HeldBack } from "../target.ts";

/**
 * Nodes whose instances a second run of the engine replaces or restarts: one run would do that to the holder before
 * another node of its pair serves.
 * @param without names of hosts that this roll-out leaves out
 * @throws Failure with the engine's reason
 */
export async function nodesHeldBack(
  stack: Stack,
  { pairs }: Topology,
  without: readonly string[],
): Promise<HeldBack> {
  const home = openHome(dirname(stack.workspace.workDir));
  const ask = () => askedNodes(stack, pairs);
  const made = storedStack(home, stack.name)?.resources ?? [];
  const changes = made.some(({ type }) => type === instanceType) ? await instanceChanges(stack) : [];
  const left = changes.filter(({ host }) => !without.includes(host));
  const hosts = heldBack(pairs, left, nobody).length > 0 ? heldBack(pairs, left, await ask()) : [];
  return { hosts, peersServe: () => peersServe(pairs, hosts, without, ask) };
}

/** What the nodes say of themselves. */
export interface AskedNodes {
  readonly holders: readonly string[];
  /** Those that run what the stack delivered to them. */
  readonly serving: readonly string[];
}

const nobody: AskedNodes = { holders: [], serving: [] };

/**
 * Of each pair at most one node, the holder. Pure.
 * @param changes of the hosts' instances by the next run of the engine
 */
export function heldBack(
  pairs: readonly Pick<Pair, "nodes">[],
  changes: readonly InstanceChange[],
  { holders, serving }: AskedNodes,
): readonly string[] {
  return pairs.flatMap(({ nodes }) => {
    const names = nodes.map(({ name }) => name);
    const changed = changes.filter(({ host }) => names.includes(host));
    const down = changed.flatMap(({ host, change }) => (change === "made" ? [] : [host]));
    const kept = names.filter((name) => changed.every(({ host }) => host !== name));
    if (kept.some((name) => serving.includes(name) || holders.includes(name))) return [];
    // Where nobody says that it is the holder, the first node is the most likely one.
    return down.find((name) => holders.includes(name)) ?? down[0] ?? [];
  });
}

/** A new instance boots, and its daemons start, within this. */
const patienceMs = 300_000;

/** @throws Failure where no peer of a node that was held back serves in time */
async function peersServe(
  pairs: Topology["pairs"],
  held: readonly string[],
  without: readonly string[],
  ask: () => Promise<AskedNodes>,
): Promise<void> {
  const problem = async () => {
    const { serving } = await ask();
    const alone = held.filter((host) => {
      const nodes = pairs.find((pair) => pair.nodes.some(({ name }) => name === host))?.nodes ?? [];
      return !nodes.some(({ name }) => name !== host && !without.includes(name) && serving.includes(name));
    });
    return alone.join(", ") || undefined;
  };
  const alone = await announceIfSlow(
    `waiting up to ${patienceMs / 1000} s until other nodes than ${held.join(", ")} serve`,
    waitWhile(patienceMs, problem, { everyMs: 2000 }),
  );
  if (alone !== undefined)
    throw new Failure(
      `${alone}: its instance stays as it is, as no other node of its pair runs what the stack delivered (npm run status tells why): mend that, then run this again`,
    );
}

/** Nobody is asked where the stack has no outputs: no roll-out of it has ever ended. */
async function askedNodes(stack: Stack, pairs: Topology["pairs"]): Promise<AskedNodes> {
  const home = openHome(dirname(stack.workspace.workDir));
  const outputs = await outputsOf(home, stack.name).catch(() => undefined);
  if (outputs === undefined) return nobody;
  const nodes = pairs.flatMap((pair) => pair.nodes.map(({ name }) => name));
  const asked = Object.fromEntries(Object.entries(outputs.ssh).filter(([host]) => nodes.includes(host)));
  const statuses = await hostStatuses(asked);
  const delivered = deliveredBundles(outputs);
  const serving = statuses.flatMap(({ host, report }) =>
    report && serves(report, delivered[host]) ? [host] : [],
  );
  return { holders: holdersOf(statuses), serving };
}

/** Whether a node could take the address at once. Pure. @param delivered SHA-256 of the bundle that it was given last */
export function serves(
  { bundle, unfinished, units, node }: HostReport,
  delivered: string | undefined,
): boolean {
  return (
    delivered !== undefined &&
    bundle.live === delivered &&
    unfinished === null &&
    units.length > 0 &&
    units.every(({ active }) => runs(active)) &&
    node?.haproxy != null
  );
}

/** What the next run of the engine would do to the hosts' instances. Changes nothing. @throws Failure with its reason */
export async function instanceChanges(stack: Stack): Promise<readonly InstanceChange[]> {
  const changes = new Map<string, InstanceChange>();
  try {
    await inOrder((signal) =>
      stack.preview({
        signal,
        onEvent: ({ resourcePreEvent }) => {
          const change = resourcePreEvent && instanceChangeOf(resourcePreEvent.metadata);
          if (change) changes.set(change.host, change);
        },
      }),
    );
  } catch (error) {
    throw engineFailure(error, stack);
  }
  return [...changes.values()].sort((one, other) => (one.host < other.host ? -1 : 1));
}
