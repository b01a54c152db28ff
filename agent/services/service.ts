import type { AgentConfig } from "../../contract/agentConfig.ts";
import type { BundleFile } from "../../contract/bundle.ts";
import type { NodeStatus, PoolStatus } from "../../contract/hostStatus.ts";
import type { ServiceName } from "../../contract/ownership/names.ts";
import type { Ran, System } from "../host/system.ts";
import { moveUnit, unitStates } from "../host/systemctl.ts";
import type { DataPath } from "./dataPath.ts";

/** A staged bundle that is checked before it becomes live. */
export interface Candidate {
  readonly host: System;
  /** Folder whose `etc/…` is the bundle's. */
  readonly folder: string;
  readonly files: readonly BundleFile[];
  /** The config in it, and the one that is live; undefined where there is none. */
  readonly config?: AgentConfig | undefined;
  readonly live?: AgentConfig | undefined;
  /** Whether it is staged for a roll-out. What is applied then, or again on the way back, is not checked outside the host. */
  readonly staging?: boolean;
  /** Units that this bundle or an earlier one runs or stops: what these listen on is free for it. Default none. */
  readonly units?: readonly string[];
}

/** What is live now, and which part of it a service has yet to load. */
export interface Change {
  readonly host: System;
  readonly config: AgentConfig | undefined;
  /** The files that are live, and those that were. */
  readonly files: readonly BundleFile[];
  readonly before: readonly BundleFile[];
  /** Changed paths of this service; a removed file's path is one of them. */
  readonly paths: readonly string[];
  /** Units of this service that run on this host. */
  readonly units: readonly string[];
  /** Units whose unit file or drop-in changed: a reload is not enough. */
  readonly restart: ReadonlySet<string>;
}

/** What was done to a unit. */
export interface UnitAction {
  readonly unit: string;
  /** `updated`: it has taken the change over while it went on. */
  readonly verb: "started" | "reloaded" | "restarted" | "updated";
}

/** A daemon or a part of the system that reads files of a bundle. */
export interface Service {
  readonly name: ServiceName;
  /** The checker's complaint about the staged files; undefined when it has none. */
  complaint?(candidate: Candidate): Promise<string | undefined>;
  /** Makes the daemons load what is live; throws with the daemon's own words. */
  activate(change: Change): Promise<readonly UnitAction[]>;
  /** Proves that what is live works, beyond units that run; throws with the reason. */
  prove?(host: System, config: AgentConfig): Promise<void>;
  /** Whether clients are served through this service on this host; asks again until they are or the time is over. */
  dataPath?(host: System, config: AgentConfig, deadlineMs: number): Promise<DataPath>;
  /** What this service adds to the host's status. Reads only; what does not answer counts as down. */
  status?(host: System, config: AgentConfig): Promise<StatusPart>;
}

/** Fields of the status of a node or of a host of the pool, limits that are reached, what needs attention soon, and what could not be found out. */
export interface StatusPart {
  readonly full?: readonly string[];
  readonly warnings?: readonly string[];
  readonly problems?: readonly string[];
  readonly node?: Partial<NodeStatus>;
  readonly pool?: Partial<PoolStatus>;
}

/** A checker's complaint with the live paths in place of the staged ones; undefined when it found no fault. */
export function complaintOf(candidate: Candidate, ran: Ran): string | undefined {
  if (ran.status === 0) return undefined;
  const text = `${ran.stdout}\n${ran.stderr}`.replaceAll(candidate.folder, "").trim();
  return text || `exit status ${ran.status}`;
}

/** How a unit loads a change: its unit file and its `environment` file are read at the start only. */
export function verbFor(
  unit: string,
  { restart, paths }: Change,
  environment?: string,
): "reload" | "restart" {
  const restarts = restart.has(unit) || paths.some((path) => path === environment);
  return restarts ? "restart" : "reload";
}

/** Reloads or restarts a unit; one that does not run is started, which reads all its files. */
export async function refreshUnit(
  host: System,
  unit: string,
  verb: "reload" | "restart",
): Promise<UnitAction> {
  const [state] = await unitStates(host, [unit]);
  if (state?.active !== "active" && state?.active !== "reloading") {
    host.progress(`starting ${unit}`);
    // A unit between two automatic restarts has a start job pending already; restart replaces it.
    await moveUnit(host, "restart", unit);
    return { unit, verb: "started" };
  }
  host.progress(`${verb}ing ${unit}`);
  await moveUnit(host, verb, unit);
  return { unit, verb: verb === "reload" ? "reloaded" : "restarted" };
}
