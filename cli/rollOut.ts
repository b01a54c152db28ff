import type { Stack } from "@pulumi/pulumi/automation/index.js";
import { Failure, messageOf } from "../base/failure.ts";
import { waitFor } from "../base/waitFor.ts";
import { laptopName } from "../contract/laptop.ts";
import { StackOutputs } from "../contract/stackOutputs.ts";
import { unitsOf } from "../render/bundle.ts";
import { agentBundle } from "../tools/agentBundle.ts";
import { hostsOf, laptopOf } from "../topology/hosts.ts";
import type { Topology } from "../topology/topology.ts";
import { checkSecrets } from "./config/checkedConfig.ts";
import { type Changes, EngineFailure, engineUp } from "./engine/engineUp.ts";
import { hostsToGiveBack, joinsBarred, machineOf, resourcesOf, withoutHint } from "./engine/hostResources.ts";
import { parseOutputs, tapOutputs } from "./engine/outputs.ts";
import { type HostStatus, hostStatuses, type LiveBundle, liveBundles } from "./hosts/ask.ts";
import { type Drift, deliveredBundles, driftsOf } from "./hosts/drift.ts";
import { here, type Ways } from "./hosts/ways.ts";
import { takeBack } from "./takeBack.ts";
import type { Leave } from "./targets/target.ts";
import { prepareTarget } from "./targets/targets.ts";

/**
 * Makes a stack what its config says, and applies its bundle again on hosts that have drifted from it or do not run all
 * its daemons. A roll-out that fails is taken back on every host; one that is interrupted is not, since the next one
 * continues it.
 * @param without names of hosts that keep what they have; nothing waits for them
 * @param leaving names of the hosts that the state has and the config does not
 * @throws Failure with the engine's reason
 */
export async function rollOut(
  opening: Promise<Stack>,
  topology: Topology,
  { without = [], leaving = [] }: Partial<Leave> = {},
): Promise<Changes> {
  const [stack, target] = await Promise.all([opening, prepareTarget(topology, { without, leaving })]);
  await checkSecrets(stack, topology);
  const replace = await target.revive(stack);
  const heldBack = await target.heldBack?.(stack);
  const held = [...(heldBack?.machines ?? []), ...(heldBack?.hosts ?? [])];
  if (heldBack === undefined || held.length === 0)
    return rollOutOnce(stack, topology, { replace, without, machines: [] });
  console.error(`${held.join(", ")}: changed last, once other nodes serve`);
  const { machines, hosts, peersServe } = heldBack;
  const first = await rollOutOnce(stack, topology, { replace, machines, without: [...without, ...hosts] });
  await peersServe();
  return sum(first, await rollOutOnce(stack, topology, { replace: [], machines: [], without }));
}

/** What a run of the engine treats apart. */
interface Run {
  /** URNs of what it replaces, although the config has not changed. */
  readonly replace: readonly string[];
  /** Hosts that it leaves as they are. */
  readonly without: readonly string[];
  /** Hosts whose machines it leaves as they are. */
  readonly machines: readonly string[];
}

async function rollOutOnce(
  stack: Stack,
  topology: Topology,
  { replace, without, machines }: Run,
): Promise<Changes> {
  // Built while the engine starts. The stack's program awaits it and reports its failure.
  agentBundle().catch(() => {});
  const { program, ssh, outputs } = tapOutputs((await import("../stacks/program.ts")).program);
  // The engine compares only config and state, so the hosts are asked meanwhile for what is live on them.
  const units = Object.fromEntries(hostsOf(topology).map((host) => [host.name, unitsOf(host)]));
  const laptop: Ways = topology.pairs.some(laptopOf) ? { [laptopName]: here } : {};
  const asking = ssh.then((connections) =>
    liveBundles({ ...laptop, ...StackOutputs.shape.ssh.parse(connections) }, units, without),
  );
  let before: readonly LiveBundle[] = [];
  asking.then(
    (live) => {
      before = live;
    },
    () => {},
  );
  const excluded = [
    ...without.flatMap(resourcesOf),
    ...joinsBarred(topology.pairs, without),
    ...machines.flatMap(machineOf),
  ];
  const exclude = excluded.map((name) => `**::${name}`);
  const { changes, visited, restarted } = await engineUp(stack, program, { replace, exclude }).catch(
    (error: unknown) => failed(stack.name, error, (added) => takeBack(stack, topology, before, added)),
  );
  const delivered = deliveredBundles(parseOutputs(stack.name, await outputs));
  const asked = await asking;
  for (const { host, live } of asked)
    if (live === null && excluded.includes(`${host}-join`))
      console.error(
        `${host}: is new to its pair, of which a node is left out. If that one has the address, ${host} joins at the next up that leaves no node out`,
      );
  const others = asked.filter(({ host }) => !visited.has(host));
  const drifts = await driftsAmong(others, delivered, restarted);
  if (drifts.length === 0) return changes;
  for (const { host, reason } of drifts)
    console.error(`${host}: ${reason}: restoring what the stack delivered`);
  const again = await engineUp(stack, program, { replace: drifts.flatMap(deliveriesOf), exclude });
  return sum(changes, again.changes);
}

/** @throws the engine's failure, with that of the way back where there is one */
async function failed(
  stackName: string,
  error: unknown,
  wayBack: (added: EngineFailure["added"]) => Promise<void>,
): Promise<never> {
  if (!(error instanceof EngineFailure) || error.interrupted) throw error;
  if (error.removals.length > 0) {
    // What the config has is rolled out, and no host of it needs its earlier bundle.
    const hosts = hostsToGiveBack(error.removals.map((urn) => ({ name: urn.split("::").at(-1) ?? urn })));
    const hint = hosts.length > 0 ? `\n${withoutHint(stackName, hosts)}` : "";
    throw new Failure(`${error.message}${hint}`);
  }
  try {
    await wayBack(error.added);
  } catch (another) {
    throw new Failure(`${error.message}\n${messageOf(another)}`);
  }
  throw error;
}

/** An instance that was restarted has booted, and its daemons run, within this. */
const bootMs = 180_000;

/**
 * @param restarted hosts that have been asked before their restart, or while they booted
 * @throws Failure where one of them does not answer
 */
async function driftsAmong(
  hosts: readonly LiveBundle[],
  delivered: Readonly<Record<string, string>>,
  restarted: ReadonlySet<string>,
): Promise<readonly Drift[]> {
  const doubtful = hosts.filter(
    ({ host, live, runs }) => !runs || live !== delivered[host] || restarted.has(host),
  );
  const ways = Object.fromEntries(doubtful.map(({ host, way }) => [host, way]));
  let statuses = await hostStatuses(ways);
  const isBooting = ({ host, report }: HostStatus) =>
    restarted.has(host) && (report === undefined || driftsOf([{ host, report }], delivered).length > 0);
  if (statuses.some(isBooting))
    await waitFor(
      bootMs,
      async () => {
        statuses = await hostStatuses(ways);
        return statuses.some(isBooting) ? undefined : true;
      },
      { everyMs: 2000 },
    );
  const silent = statuses.find(({ report }) => report === undefined);
  if (silent)
    throw new Failure(
      `${silent.host} does not say whether it runs what the stack delivered: ${silent.trouble}; see npm run status`,
    );
  return driftsOf(statuses, delivered);
}

/**
 * Patterns of the resources that check and deliver a host's bundle; the second pass of a roll-out follows them. The check
 * is one of them: a node remembers what worked before the pool's machines change.
 */
function deliveriesOf({ host }: Drift): readonly string[] {
  return [`**::${host}-check`, `**::${host}-bundle`];
}

function sum(one: Changes, other: Changes): Changes {
  const ops = [...new Set([...Object.keys(one), ...Object.keys(other)])];
  return Object.fromEntries(ops.map((op) => [op, (one[op] ?? 0) + (other[op] ?? 0)]));
}

/** `3 made, 2 changed` or `nothing to do`. */
export function summarise(changes: Changes): string {
  const words: Readonly<Record<string, string>> = {
    create: "made",
    update: "changed",
    replace: "applied",
    delete: "removed",
  };
  const parts = Object.entries(changes).flatMap(([op, count]) =>
    words[op] ? [`${count} ${words[op]}`] : [],
  );
  return parts.length > 0 ? parts.join(", ") : "nothing to do";
}
