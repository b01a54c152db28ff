import type { Stack, UpResult } from "@pulumi/pulumi/automation/index.js";
import { parseTopology } from "../topology/parse.ts";
import { ConfigError } from "../topology/problem.ts";
import type { Topology } from "../topology/topology.ts";
import { Failure } from "./failure.ts";
import { engineProgress } from "./progress.ts";
import { reviveLab } from "./reviveLab.ts";
import { plainConfig, stackFile } from "./stackConfig.ts";

/** The topology of a stack's config, checked without the engine. */
export function topologyOf(stackName: string): Topology {
  const { passwords: _, ...config } = plainConfig(stackFile(stackName));
  try {
    return parseTopology(config);
  } catch (error) {
    if (error instanceof ConfigError) throw new Failure(`stacks/Pulumi.${stackName}.yaml: ${error.message}`);
    throw error;
  }
}

/** Brings a stack to what its config says. @throws Failure with the engine's reason */
export async function bringUp(stack: Stack, topology: Topology): Promise<UpResult> {
  const replace = topology.target === "lab" ? await reviveLab(stack, topology) : [];
  const progress = engineProgress(`${stack.name}: up`);
  try {
    const result = await stack.up({ onEvent: progress.onEvent, ...(replace.length > 0 && { replace }) });
    progress.end();
    return result;
  } catch (error) {
    progress.end();
    throw new Failure(engineReason(error));
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
export function summarise(changes: Readonly<Record<string, number>> | undefined): string {
  const words: Readonly<Record<string, string>> = {
    create: "made",
    update: "changed",
    replace: "applied",
    delete: "removed",
  };
  const parts = Object.entries(changes ?? {}).flatMap(([op, count]) =>
    words[op] ? [`${count} ${words[op]}`] : [],
  );
  return parts.length > 0 ? parts.join(", ") : "nothing to do";
}
