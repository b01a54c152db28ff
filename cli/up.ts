import type { EngineEvent, Stack } from "@pulumi/pulumi/automation/index.js";
import { agentBundle } from "../tools/agentBundle.ts";
import { splitSecrets } from "../topology/givenSecrets.ts";
import { parseTopology } from "../topology/parse.ts";
import { ConfigError } from "../topology/problem.ts";
import type { Topology } from "../topology/topology.ts";
import { Failure } from "./failure.ts";
import { inOrder } from "./interruption.ts";
import { labState } from "./lab.ts";
import { engineProgress } from "./progress.ts";
import { reviveLab } from "./reviveLab.ts";
import { plainConfig, stackFile } from "./stackConfig.ts";

/** What the engine did, by its own word for it: `create`, `update`, `same` … */
export type Changes = Readonly<Record<string, number>>;

/** The topology of a stack's config, checked without the engine. */
export function topologyOf(stackName: string): Topology {
  const { config } = splitSecrets(plainConfig(stackFile(stackName)));
  try {
    return parseTopology(config);
  } catch (error) {
    if (error instanceof ConfigError) throw new Failure(`stacks/Pulumi.${stackName}.yaml: ${error.message}`);
    throw error;
  }
}

/** Brings a stack to what its config says. @throws Failure with the engine's reason */
export async function bringUp(opening: Promise<Stack>, topology: Topology): Promise<Changes> {
  // The lab is asked while the engine's SDK loads.
  const [stack, lab] = await Promise.all([opening, labState(topology.lab.name)]);
  const replace = await reviveLab(stack, topology, lab);
  const progress = engineProgress(`${stack.name}: up`);
  let changes: Changes = {};
  try {
    const onEvent = (event: EngineEvent) => {
      progress.onEvent(event);
      changes = { ...(event.summaryEvent?.resourceChanges ?? changes) };
    };
    // Built while the engine starts; the program of the stack awaits it, and hears of its failure.
    agentBundle().catch(() => {});
    await inOrder((signal) => stack.up({ onEvent, signal, ...(replace.length > 0 && { replace }) }));
    return changes;
  } catch (error) {
    throw new Failure(engineReason(error));
  } finally {
    progress.end();
  }
}

/** The engine's own words of what failed; its whole log goes to whoever sets HAPAIR_DEBUG. */
export function engineReason(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  if (process.env.HAPAIR_DEBUG) return text;
  const diagnostics = /Diagnostics:\n([\s\S]*?)(?:\n(?:Outputs|Resources|Duration):|$)/.exec(text)?.[1];
  return (diagnostics ?? text).trim();
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
