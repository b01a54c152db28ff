import type { Stack } from "@pulumi/pulumi/automation/index.js";
import type { TargetKind } from "../../topology/schema/targets.ts";
import type { Target, Topology } from "../../topology/topology.ts";
import type { Finding } from "../doctor/finding.ts";
import type { StackResource } from "../engine/stackState.ts";
import type { Home } from "../session/home.ts";

/** The operator's side of a target: what happens to a stack's machines outside the engine. */
export interface StackTarget<Kind extends TargetKind> {
  /**
   * Asks what there is of the machines, while the engine's SDK loads; changes nothing.
   */
  prepare(target: Target<Kind>, topology: Topology, leave: Leave): Promise<PreparedTarget>;
  /**
   * Everything for which a roll-out would fail or may fail, all at once. Changes nothing.
   * @param made the resources in the stack's state
   */
  examine(
    target: Target<Kind>,
    topology: Topology,
    made: () => readonly StackResource[],
    stack: string,
  ): Promise<readonly Finding[]>;
  /** Removes all machines that a stack has made, also what a killed command made before the state knew of it. */
  remove(stack: MadeStack): Promise<void>;
}

/** Hosts by name that a roll-out treats apart. */
export interface Leave {
  /** Those that it leaves as they are. */
  readonly without: readonly string[];
  /** Those that the stack's state has and its config does not. */
  readonly leaving: readonly string[];
}

/** What is known of a stack without the engine. */
export interface MadeStack {
  readonly name: string;
  readonly home: Home;
  /** Names of hosts that its removal leaves as they are. */
  readonly without: readonly string[];
  /** Those in its state. */
  readonly resources: readonly StackResource[];
  /** Path of its config. @throws Failure where it has none */
  configFile(): string;
}

export interface PreparedTarget {
  /**
   * Checks and starts what the engine's run will need.
   * @returns URNs of what the engine has to replace, although the config has not changed
   * @throws Failure where the target cannot carry the topology; nothing has been touched then
   */
  revive(stack: Stack): Promise<readonly string[]>;
  /**
   * The hosts for a second run of the engine; absent where one run is enough on this target.
   * @throws Failure where that is not known; nothing has been touched then
   */
  heldBack?(stack: Stack): Promise<HeldBack>;
}

/** What the first of two runs of the engine leaves as it is. */
export interface HeldBack {
  /** Hosts whose machines stay. They get their bundles, so that their peers find them as the config has them. */
  readonly machines: readonly string[];
  /** Hosts that stay whole. */
  readonly hosts: readonly string[];
  /** Waits until others can do the work of these hosts. @throws Failure where they cannot in time */
  peersServe(): Promise<void>;
}
