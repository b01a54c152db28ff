import type { EngineEvent, Stack, StepEventMetadata } from "@pulumi/pulumi/automation/index.js";
import { Failure } from "../../base/failure.ts";
import { inOrder } from "../session/signals.ts";
import { type HostChange, hostChangeOf, hostOfDelivery } from "./hostChange.ts";
import { instanceChangeOf } from "./instanceChange.ts";
import { engineFailure } from "./passphrase.ts";
import { engineProgress } from "./progress.ts";

/** How many resources the engine changed, by operation: `create`, `update`, `same` … */
export type Changes = Readonly<Record<string, number>>;

export type StackProgram = () => Promise<Record<string, unknown>>;

interface EngineRun {
  readonly changes: Changes;
  /** Names of the hosts whose delivery it made, changed or removed. */
  readonly visited: ReadonlySet<string>;
  /** Names of the hosts whose instance it stopped and started. */
  readonly restarted: ReadonlySet<string>;
}

/** A run of the engine that did not succeed. */
export class EngineFailure extends Failure {
  /** Somebody asked it to stop. */
  readonly interrupted: boolean;
  /** URNs of what it could not remove, where it did everything else: it removes at its end. Else empty. */
  readonly removals: readonly string[];
  /** Names of the hosts that it delivered to for the first time. */
  readonly added: ReadonlySet<string>;

  constructor(
    message: string,
    { interrupted, removals, added }: Pick<EngineFailure, "interrupted" | "removals" | "added">,
  ) {
    super(message);
    this.interrupted = interrupted;
    this.removals = removals;
    this.added = added;
  }
}

/**
 * Runs the engine once.
 * @param replace URNs, or patterns of them, of resources to replace although they have not changed
 * @param exclude patterns of resources that stay as they are, whatever the program says of them
 * @throws EngineFailure with the engine's reason
 */
export async function engineUp(
  stack: Stack,
  program: StackProgram,
  { replace, exclude }: { readonly replace: readonly string[]; readonly exclude: readonly string[] },
): Promise<EngineRun> {
  const progress = engineProgress(`${stack.name}: up`);
  const visited = new Set<string>();
  const added = new Set<string>();
  const restarted = new Set<string>();
  let changes: Changes = {};
  let interrupted = false;
  const failed: FailedStep[] = [];
  const onEvent = (event: EngineEvent) => {
    progress.onEvent(event);
    if (event.resOpFailedEvent) failed.push(event.resOpFailedEvent.metadata);
    const step = event.resourcePreEvent?.metadata;
    const host = step && step.op !== "same" ? hostOfDelivery(step.urn) : undefined;
    if (host) visited.add(host);
    if (host && step?.op === "create") added.add(host);
    const instance = step && instanceChangeOf(step);
    if (instance?.change === "restarted") restarted.add(instance.host);
    changes = { ...(event.summaryEvent?.resourceChanges ?? changes) };
  };
  try {
    await inOrder(
      (signal) =>
        stack.up({
          program,
          onEvent,
          signal,
          ...(replace.length > 0 && { replace: [...replace] }),
          ...(exclude.length > 0 && { exclude: [...exclude] }),
        }),
      () => {
        interrupted = true;
      },
    );
    return { changes, visited, restarted };
  } catch (error) {
    const { message } = engineFailure(error, stack);
    throw new EngineFailure(message, { interrupted, removals: onlyRemovals(failed), added });
  } finally {
    progress.end();
  }
}

type FailedStep = Pick<StepEventMetadata, "op" | "urn">;

/** The URNs of steps that failed, where each of them removes something; else none. */
export function onlyRemovals(failed: readonly FailedStep[]): readonly string[] {
  return failed.every(({ op }) => op === "delete") ? failed.map(({ urn }) => urn) : [];
}

/** What an `up` would change: the files of each host, and the number of resources. Changes nothing itself. */
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
    throw engineFailure(error, stack);
  } finally {
    progress.end();
  }
}
