import { dirname } from "node:path";
import type { Stack } from "@pulumi/pulumi/automation/index.js";
import { type InstanceChange, instanceChangeOf, instanceType } from "../../engine/instanceChange.ts";
import { engineFailure } from "../../engine/passphrase.ts";
import { storedStack } from "../../engine/stackState.ts";
import { openHome } from "../../session/home.ts";
import { inOrder } from "../../session/signals.ts";

/** The same as {@link instanceChanges}, without the engine where the stack has no instance yet. */
export async function changesOfMade(stack: Stack): Promise<readonly InstanceChange[]> {
  const made = storedStack(openHome(dirname(stack.workspace.workDir)), stack.name)?.resources ?? [];
  return made.some(({ type }) => type === instanceType) ? instanceChanges(stack) : [];
}

/** What the next run of the engine would do to the hosts' instances. Changes nothing. @throws Failure with its reason */
export async function instanceChanges(stack: Stack): Promise<readonly InstanceChange[]> {
  const changes = new Map<string, InstanceChange>();
  try {
    await inOrder((signal) =>
      stack.preview({
        signal,
        onEvent: ({ resourcePreEvent }) => {
          const change = resourcePreEvent && instanceChangeOf(resourcePreEvent.metadata);
          if (change) changes.set(change.host, change);
        },
      }),
    );
  } catch (error) {
    throw engineFailure(error, stack);
  }
  return [...changes.values()].sort((one, other) => (one.host < other.host ? -1 : 1));
}
