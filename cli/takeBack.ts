import type { Stack } from "@pulumi/pulumi/automation/index.js";
import { Failure, messageOf } from "../base/failure.ts";
import { onHost, onHostMs } from "../components/HostDelivery.ts";
import type { Topology } from "../topology/topology.ts";
import { replaceAtNextUp } from "./engine/stackState.ts";
import { type LiveBundle, liveBundles, runOnHost } from "./hosts/ask.ts";
import { short } from "./hosts/drift.ts";
import { type Answer, here, runLaptop, type Way } from "./hosts/ways.ts";

/**
 * Takes a roll-out that has failed back on the hosts that it reached: each applies the bundle that was live before, and a
 * node that is new to its pair is given back. Otherwise a pool would know passwords that no node has, and an application
 * one that the stack's outputs do not show. The next `up` checks every host and delivers to these again, although the
 * state says that both were done.
 * @param before the bundles that were live when it began
 * @param added names of the hosts that it delivered to for the first time
 * @throws Failure that names all hosts that do not go back
 */
export async function takeBack(
  stack: Stack,
  topology: Topology,
  before: readonly LiveBundle[],
  added: ReadonlySet<string>,
): Promise<void> {
  const ways = Object.fromEntries(before.map(({ host, way }) => [host, way]));
  const now = await liveBundles(ways, {});
  const { moved, joined, silent } = reached(topology.pairs, before, now, added);
  for (const host of silent) console.error(`${host}: does not say which bundle is live: see npm run status`);
  if (moved.length === 0) return;
  const checks = before.map(({ host }) => `${host}-check`);
  const programs = joined.flatMap(({ host }) => [`${host}-program-copy`, `${host}-program`]);
  const bundles = [...moved, ...joined].map(({ host }) => `${host}-bundle`);
  await replaceAtNextUp(stack, [...checks, ...programs, ...bundles]);
  for (const { host, way } of joined) {
    console.error(`${host}: is new to its pair, which is to forget it: giving it back`);
    const trouble = await troubleOf(hapair(way, "give-back"));
    // A pair that forgets a node that runs would have the address twice.
    if (trouble)
      throw new Failure(
        `${host} is not given back, so that no other host goes back either, see npm run status: ${trouble}`,
      );
  }
  // As in a roll-out: a node proves its bundle with a password that the pool has to know.
  const machines = topology.pairs.flatMap(({ pool }) => (pool?.machines ?? []).map(({ name }) => name));
  await restoreAll(
    [
      ...machines.flatMap((name) => moved.filter(({ host }) => host === name)),
      ...moved.filter(({ host }) => !machines.includes(host)),
    ],
    ({ way, old }) => hapair(way, "apply", old),
  );
}

interface Reached {
  /** Hosts with another bundle than before. */
  readonly moved: readonly (MovedHost & Pick<LiveBundle, "way">)[];
  /** Nodes that had none, and of whose pair another node has moved. */
  readonly joined: readonly Pick<LiveBundle, "host" | "way">[];
  /** Hosts that had a bundle and do not say which one they have. */
  readonly silent: readonly string[];
}

/** What a roll-out has done to the hosts. Pure. */
export function reached(
  pairs: readonly { readonly nodes: readonly { readonly name: string }[] }[],
  before: readonly LiveBundle[],
  now: readonly LiveBundle[],
  added: ReadonlySet<string>,
): Reached {
  const had = new Map(before.map(({ host, live }) => [host, live]));
  const moved = now.flatMap(({ host, way, live }) => {
    const old = had.get(host);
    return old && live && old !== live ? [{ host, way, live, old }] : [];
  });
  const joined = pairs.flatMap(({ nodes }) => {
    const names = nodes.map(({ name }) => name);
    if (!moved.some(({ host }) => names.includes(host))) return [];
    return now.filter(
      ({ host, live }) => names.includes(host) && live && (had.get(host) === null || added.has(host)),
    );
  });
  const silent = now.flatMap(({ host, live }) => (had.get(host) && !live ? [host] : []));
  return { moved, joined, silent };
}

function hapair(way: Way, ...args: readonly string[]): Promise<Answer> {
  return way === here
    ? runLaptop(args, { timeoutMs: onHostMs })
    : runOnHost(way, onHost("hapair", ...args), onHostMs);
}

export interface MovedHost {
  readonly host: string;
  /** SHA-256 of its bundle now and before. */
  readonly live: string;
  readonly old: string;
}

/**
 * Restores the old bundle of one host after another; one that does not go back keeps no other from it.
 * @throws Failure that names all that did not go back
 */
export async function restoreAll<Moved extends MovedHost>(
  moved: readonly Moved[],
  restore: (moved: Moved) => Promise<Pick<Answer, "failure" | "stderr">>,
): Promise<void> {
  const left: string[] = [];
  for (const each of moved) {
    const { host, live, old } = each;
    console.error(`${host}: taking ${short(live)} back: restoring ${short(old)}`);
    const trouble = await troubleOf(restore(each));
    if (trouble) left.push(`${host} does not go back to ${short(old)}, see npm run status: ${trouble}`);
  }
  if (left.length > 0) throw new Failure(left.join("\n"));
}

/** Why a command on a host failed, in its own words where it has any; undefined where it did not. */
async function troubleOf(running: Promise<Pick<Answer, "failure" | "stderr">>): Promise<string | undefined> {
  const { failure, stderr } = await running.catch((error: unknown) => ({
    failure: messageOf(error),
    stderr: "",
  }));
  return failure && (stderr || failure);
}
