import { rmSync } from "node:fs";
import { type HostStatus, hostStatuses } from "../../../cli/hosts/ask.ts";
import { removeLab } from "../../../cli/targets/lab/lab.ts";
import type { StackOutputs } from "../../../contract/stackOutputs.ts";
import { freeLabName } from "../../../lab/freeLab.ts";
import { type PreparedStack, preparedStack } from "../../harness/testStack.ts";
import { type UserCommands, userCommands } from "../../harness/userCommands.ts";

/** Name of the lab. */
export const lab = freeLabName("t-engine");

/** SHA-256 of a bundle by host; undefined where the host does not answer. */
type Bundles = Readonly<Record<string, string | null | undefined>>;

/** A stack under the real engine, driven by its configuration and by the user's commands. */
export interface EngineStack {
  readonly prepared: PreparedStack;
  readonly start: UserCommands;
  /** Runs a command and waits for its end. */
  command(...args: readonly string[]): ReturnType<UserCommands>["ended"];
  outputs(): Promise<StackOutputs>;
  statuses(): Promise<HostStatus[]>;
  bundlesLive(): Promise<Bundles>;
  /** The bundles among the stack's outputs. */
  bundlesPutOut(): Promise<Bundles>;
  remove(): Promise<void>;
}

export async function engineStack(): Promise<EngineStack> {
  const prepared = await preparedStack("t-engine");
  const start = userCommands(prepared);
  const outputs = (): Promise<StackOutputs> => prepared.outputs();
  const statuses = async (): Promise<HostStatus[]> => hostStatuses((await outputs()).ssh);
  return {
    prepared,
    start,
    command: (...args) => start(...args).ended,
    outputs,
    statuses,
    bundlesLive: async () =>
      Object.fromEntries((await statuses()).map(({ host, report }) => [host, report?.bundle.live])),
    bundlesPutOut: async () => {
      const { pairs, internet } = await outputs();
      return { ...pairs.pg?.bundles, internet: internet?.bundle };
    },
    remove: async () => {
      await removeLab(lab);
      rmSync(prepared.home.folder, { recursive: true });
    },
  };
}

/** A change of the pair's configuration that both nodes get. */
export const smaller = { pair: { haproxy: { maxConnections: 3000 } } };

/** The engine's operations without those that change nothing. */
export function work(changes: Readonly<Record<string, number>>): Record<string, number> {
  const { same: _, ...rest } = changes;
  return rest;
}
