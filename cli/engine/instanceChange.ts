import type { StepEventMetadata } from "@pulumi/pulumi/automation/index.js";

/** The engine's type of an instance of EC2. */
export const instanceType = "aws:ec2/instance:Instance";

/**
 * What a step of the engine means to a host: another machine, or its own one at another address; a first one; or its own
 * one stopped and started.
 */
export interface InstanceChange {
  readonly host: string;
  readonly change: "made" | "replaced" | "restarted";
}

/** AWS changes these of an instance that is stopped only. */
const ofStopped = ["instanceType", "cpuOptions", "ebsOptimized"];

/** Undefined for a step that leaves every host running. */
export function instanceChangeOf({
  op,
  type,
  urn,
  diffs,
  detailedDiff,
}: Pick<StepEventMetadata, "op" | "type" | "urn" | "diffs" | "detailedDiff">): InstanceChange | undefined {
  if (type !== instanceType) return undefined;
  const host = (urn.split("::").at(-1) ?? "").replace(/-instance$/, "");
  if (op === "create") return { host, change: "made" };
  if (op.includes("replace")) return { host, change: "replaced" };
  const keys = [...(diffs ?? []), ...Object.keys(detailedDiff ?? {})].map((path) => path.split(/[.[]/)[0]);
  const stops = op === "update" && ofStopped.some((key) => keys.includes(key));
  return stops ? { host, change: "restarted" } : undefined;
}
