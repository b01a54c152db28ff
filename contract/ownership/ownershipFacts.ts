import type { HostFiles } from "./hostFiles.ts";

/** What of a bundle a host does not have yet. */
export interface Taking {
  /** Paths of files, relative to `/`. */
  readonly paths: readonly string[];
  /** Paths of all files of the bundle. */
  readonly declared: readonly string[];
  readonly runs: readonly string[];
  readonly stops: readonly string[];
  /** Whether ufw gets the bundle's rules. */
  readonly firewall: boolean;
}

/** A unit, as far as it counts here. */
export interface UnitLook {
  readonly isActive: boolean;
  readonly isEnabled: boolean;
}

/** What a host has, as far as it tells whose its configuration is. */
export interface OwnershipFacts {
  readonly files: HostFiles;
  /** A unit that is missing is not there. */
  readonly units: ReadonlyMap<string, UnitLook>;
}
