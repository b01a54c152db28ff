import type { Stack } from "@pulumi/pulumi/automation/index.js";
import { Failure, messageOf } from "../base/failure.ts";
import { onHost, onHostMs } from "../components/HostDelivery.ts";
import { keepalivedUnits } from "../render/services/keepalived.ts";
import type { Pair, Topology } from "../topology/topology.ts";
import { replaceAtNextUp } from "./engine/stackState.ts";
import { type LiveBundle, liveBundles, runOnHost, type SshResult } from "./hosts/ask.ts";
import { short } from "./hosts/drift.ts";

/**
 * Takes a roll-out that has failed back on the hosts that it reached: each applies the bundle that was live before.
 * Otherwise a pool would know passwords that no node has, and an application one that the stack's outputs do not show.
 * The next `up` checks every host and delivers to these again, although the state says that both were done.
 * @param before the bundles that were live when it began
 * @throws Failure that names all hosts that do not go back
 */
export async function takeBack(
  stack: Stack,
  topology: Topology,
  before: readonly LiveBundle[],
): Promise<void> {
  const had = new Map(before.map(({ host, live }) => [host, live]));
  const ssh = Object.fromEntries(before.map(({ host, connection }) => [host, connection]));
  const moved = (await liveBundles(ssh, {})).flatMap(({ host, connection, live }) => {
    const old = had.get(host);
    if (old && !live) console.error(`${host}: does not say which bundle is live: see npm run status`);
    return old && live && old !== live ? [{ host, connection, live, old }] : [];
  });
  if (moved.length === 0) return;
  const newcomers = newcomersOf(topology.pairs, { before, moved: moved.map(({ host }) => host) });
  const checks = before.map(({ host }) => `${host}-check`);
  await replaceAtNextUp(stack, [...checks, ...[...moved, ...newcomers].map(({ host }) => `${host}-bundle`)]);
  const machines = topology.pairs.flatMap(({ pool }) => (pool?.machines ?? []).map(({ name }) => name));
  const isNew = (name: string) => newcomers.some(({ host }) => host === name);
  await takeAll(
    [
      ...newcomers.map(stopping),
      // As in a roll-out: a node proves its bundle with a password that the pool has to know.
      ...machines.flatMap((name) => moved.filter(({ host }) => host === name)).map(restoring),
      ...moved.filter(({ host }) => !machines.includes(host) && !isNew(host)).map(restoring),
      // It starts again what bids, which asks its peers first: they are back by now.
      ...moved.filter(({ host }) => isNew(host)).map(restoring),
    ],
    ({ connection, command }) => runOnHost(connection, command, onHostMs),
  );
}

/** A node that the roll-out has brought into a pair. */
interface Newcomer extends Pick<LiveBundle, "host" | "connection"> {
  /** What bids there for the virtual address. */
  readonly units: readonly string[];
}

/**
 * The nodes that joined a pair in this roll-out and of which another node goes back, to a bundle that may not know them:
 * they would get no adverts any more, and take the address as well.
 * @param moved names of the hosts that go back
 */
export function newcomersOf(
  pairs: readonly Pick<Pair, "nodes" | "vip">[],
  { before, moved }: { readonly before: readonly LiveBundle[]; readonly moved: readonly string[] },
): readonly Newcomer[] {
  const joining = before.filter(({ joins }) => joins);
  return pairs.flatMap((pair) => {
    const names = pair.nodes.map(({ name }) => name);
    const newcomers = joining.filter(({ host }) => names.includes(host));
    const stays = (name: string) => newcomers.every(({ host }) => host !== name);
    if (!names.some((name) => stays(name) && moved.includes(name))) return [];
    return newcomers.map(({ host, connection }) => ({ host, connection, units: keepalivedUnits(pair) }));
  });
}

/** One host's part of the way back. */
export interface Step {
  readonly host: string;
  /** What is printed when it begins, and when it fails. */
  readonly begins: string;
  readonly fails: string;
}

type Command = Step & Pick<LiveBundle, "connection"> & { readonly command: string };

function stopping({ host, connection, units }: Newcomer): Command {
  return {
    host,
    connection,
    begins: `${host}: its peers go back to bundles that may not know it: stopping what bids there`,
    fails: `${host} may take the address beside another node, run "sudo systemctl stop ${units.join(" ")}" there`,
    command: onHost("systemctl", "stop", ...units),
  };
}

function restoring({
  host,
  connection,
  live,
  old,
}: Pick<LiveBundle, "host" | "connection"> & { readonly live: string; readonly old: string }): Command {
  return {
    host,
    connection,
    begins: `${host}: taking ${short(live)} back: restoring ${short(old)}`,
    fails: `${host} does not go back to ${short(old)}, see npm run status`,
    command: onHost("hapair", "apply", old),
  };
}

/**
 * Takes one step after another; one that fails keeps no other from being taken.
 * @throws Failure that names all that failed
 */
export async function takeAll<One extends Step>(
  steps: readonly One[],
  take: (step: One) => Promise<Pick<SshResult, "failure" | "stderr">>,
): Promise<void> {
  const left: string[] = [];
  for (const step of steps) {
    console.error(step.begins);
    const { failure, stderr } = await take(step).catch((error: unknown) => ({
      failure: messageOf(error),
      stderr: "",
    }));
    if (failure) left.push(`${step.fails}: ${stderr || failure}`);
  }
  if (left.length > 0) throw new Failure(left.join("\n"));
}
