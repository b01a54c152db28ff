import type { Stack } from "@pulumi/pulumi/automation/index.js";
import { Failure, messageOf } from "../base/failure.ts";
import { onHost, onHostMs } from "../components/HostDelivery.ts";
import type { Topology } from "../topology/topology.ts";
import { replaceAtNextUp } from "./engine/stackState.ts";
import { type LiveBundle, liveBundles, runOnHost } from "./hosts/ask.ts";
import { short } from "./hosts/drift.ts";
import { type Answer, here, runLaptop, type Way } from "./hosts/ways.ts";

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
  const ways = Object.fromEntries(before.map(({ host, way }) => [host, way]));
  const moved = (await liveBundles(ways, {})).flatMap(({ host, way, live }) => {
    const old = had.get(host);
    if (old && !live) console.error(`${host}: does not say which bundle is live: see npm run status`);
    return old && live && old !== live ? [{ host, way, live, old }] : [];
  });
  if (moved.length === 0) return;
  const checks = before.map(({ host }) => `${host}-check`);
  await replaceAtNextUp(stack, [...checks, ...moved.map(({ host }) => `${host}-bundle`)]);
  // As in a roll-out: a node proves its bundle with a password that the pool has to know.
  const machines = topology.pairs.flatMap(({ pool }) => (pool?.machines ?? []).map(({ name }) => name));
  await restoreAll(
    [
      ...machines.flatMap((name) => moved.filter(({ host }) => host === name)),
      ...moved.filter(({ host }) => !machines.includes(host)),
    ],
    ({ way, old }) => applyAgain(way, old),
  );
}

function applyAgain(way: Way, sha256: string): Promise<Answer> {
  return way === here
    ? runLaptop(["apply", sha256], { timeoutMs: onHostMs })
    : runOnHost(way, onHost("hapair", "apply", sha256), onHostMs);
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
    const { failure, stderr } = await restore(each).catch((error: unknown) => ({
      failure: messageOf(error),
      stderr: "",
    }));
    if (failure)
      left.push(`${host} does not go back to ${short(old)}, see npm run status: ${stderr || failure}`);
  }
  if (left.length > 0) throw new Failure(left.join("\n"));
}
