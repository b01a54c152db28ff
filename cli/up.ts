import type { Stack } from "@pulumi/pulumi/automation/index.js";
import { agentBundle } from "../tools/agentBundle.ts";
import { splitSecrets } from "../topology/givenSecrets.ts";
import { parseTopology } from "../topology/parse.ts";
import type { Topology } from "../topology/topology.ts";
import { askHosts } from "./askHosts.ts";
import { checkSecrets } from "./checkSecrets.ts";
import { ofStack } from "./configFailure.ts";
import { type Changes, engineUp } from "./engineUp.ts";
import { Failure } from "./failure.ts";
import type { Home } from "./home.ts";
import { labState } from "./lab.ts";
import { reviveLab } from "./reviveLab.ts";
import { plainConfig, stackFile } from "./stackConfig.ts";
import { type Stray, straysOf } from "./stray.ts";

/** The topology of a stack's config, checked without the engine. @throws Failure with every problem of it */
export function topologyOf(stackName: string): Topology {
  const { config } = splitSecrets(plainConfig(stackFile(stackName)));
  return ofStack(stackName, () => parseTopology(config));
}

/**
 * Brings a stack to what its config says, and back to it the hosts that somebody has moved away since.
 * @throws Failure with the engine's reason
 */
export async function bringUp(home: Home, opening: Promise<Stack>, topology: Topology): Promise<Changes> {
  // The lab is asked while the engine's SDK loads.
  const [stack, lab] = await Promise.all([opening, labState(topology.lab.name)]);
  await checkSecrets(stack, topology);
  const replace = await reviveLab(stack, topology, lab);
  // Built while the engine starts; the program of the stack awaits it, and hears of its failure.
  agentBundle().catch(() => {});
  // The engine compares config and state alone: what is live on the hosts, they are asked at the same time.
  const asking = askHosts(home, stack.name);
  const { changes, visited } = await engineUp(stack, replace);
  const { hosts, delivered } = await asking;
  const others = hosts.filter(({ host }) => !visited.has(host));
  const [silent] = others.filter(({ report }) => report === undefined);
  if (silent)
    throw new Failure(
      `${silent.host} does not say whether it runs what the stack delivered: ${silent.trouble}; see npm run status`,
    );
  const strays = straysOf(others, delivered);
  if (strays.length === 0) return changes;
  for (const { host, reason } of strays)
    console.error(`${host}: ${reason}: bringing it back to what the stack delivered`);
  const again = await engineUp(stack, strays.map(deliveryOf));
  return sum(changes, again.changes);
}

/** A pattern of the resource that delivers a host's bundle; the second pass of a roll-out follows it. */
function deliveryOf({ host }: Stray): string {
  return `**::${host}-bundle`;
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
