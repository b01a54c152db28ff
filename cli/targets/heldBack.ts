import { dirname } from "node:path";
import type { Stack } from "@pulumi/pulumi/automation/index.js";
import { Failure } from "../../base/failure.ts";
import { waitWhile } from "../../base/waitFor.ts";
import type { HostReport } from "../../contract/hostStatus.ts";
import type { Pair, Topology } from "../../topology/topology.ts";
import type { InstanceChange } from "../engine/instanceChange.ts";
import { outputsOf } from "../engine/outputs.ts";
import { holdersOf, hostStatuses } from "../hosts/ask.ts";
import { deliveredBundles, runs } from "../hosts/drift.ts";
import { openHome } from "../session/home.ts";
import { announceIfSlow } from "../session/output.ts";
import type { HeldBack } from "./target.ts";

/**
 * Nodes whose machines a second run of the engine replaces or restarts: one run would do that to the holder before
 * another node of its pair serves.
 * @param without names of hosts that this roll-out leaves out
 * @param changes of the hosts' machines by the next run of the engine
 */
export async function nodesHeldBack(
  stack: Stack,
  { pairs }: Topology,
  without: readonly string[],
  changes: readonly InstanceChange[],
): Promise<HeldBack> {
  const ask = () => askedNodes(stack, pairs);
  const left = changes.filter(({ host }) => !without.includes(host));
  const held = heldBack(pairs, left, nobody).length > 0 ? heldBack(pairs, left, await ask()) : [];
  const isRestarted = (name: string) =>
    left.some(({ host, change }) => host === name && change === "restarted");
  return {
    machines: held.filter(isRestarted),
    hosts: held.filter((name) => !isRestarted(name)),
    peersServe: () => peersServe(pairs, held, without, ask),
  };
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
 * @param changes of the hosts' machines by the next run of the engine
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

/** A new machine boots, and its daemons start, within this. */
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
      `${alone}: its machine stays as it is, as no other node of its pair runs what the stack delivered (npm run status tells why): mend that, then run this again`,
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
