import type { EngineEvent, Stack } from "@pulumi/pulumi/automation/index.js";
import { type Changes, engineReason } from "./engineUp.ts";
import { Failure } from "./failure.ts";
import { type HostChange, hostChangeOf } from "./hostChange.ts";
import { inOrder } from "./interruption.ts";
import { engineProgress } from "./progress.ts";

/** What an `up` would do: to each host's files, and how many resources it would touch. Touches nothing itself. */
export async function previewStack(
  stack: Stack,
): Promise<{ readonly hosts: readonly HostChange[]; readonly changes: Changes }> {
  const progress = engineProgress(`${stack.name}: preview`);
  const hosts: HostChange[] = [];
  const onEvent = (event: EngineEvent) => {
    if (event.diagnosticEvent) progress.onEvent(event);
    const change = event.resourcePreEvent && hostChangeOf(event.resourcePreEvent.metadata);
    if (change) hosts.push(change);
  };
  try {
    const { changeSummary } = await inOrder((signal) => stack.preview({ onEvent, signal }));
    return { hosts, changes: { ...changeSummary } };
  } catch (error) {
    throw new Failure(engineReason(error));
  } finally {
    progress.end();
  }
}
