import type { AgentConfig } from "../../topology/agentConfig.ts";
import type { BundleFile } from "../../topology/bundle.ts";
import type { Host } from "../host.ts";

/** A staged bundle, to be judged before it is live. */
export interface Candidate {
  readonly host: Host;
  /** Folder whose `etc/…` is the bundle's. */
  readonly folder: string;
  readonly files: readonly BundleFile[];
}

/** What is live now and what of it a service has not taken over yet. */
export interface Change {
  readonly host: Host;
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
export interface Deed {
  readonly unit: string;
  readonly verb: "started" | "reloaded" | "restarted";
}

/** A daemon, or a part of the system, that reads files of a bundle. */
export interface Service {
  readonly name: string;
  owns(path: string, config: AgentConfig | undefined): boolean;
  runs(unit: string): boolean;
  /** The checker's complaint about the staged files; undefined when it has none. */
  complaint?(candidate: Candidate): Promise<string | undefined>;
  /** Makes the daemons take over what is live; throws with the daemon's own words. */
  activate(change: Change): Promise<readonly Deed[]>;
}

export const noUnits = (): boolean => false;
