import type { AgentConfig } from "../../contract/agentConfig.ts";
import type { BundleFile } from "../../contract/bundle.ts";
import type { KnownBundle } from "../store/readBundle.ts";

/** A state of the host that a transaction can move to: a bundle, or the host before its first one. */
export interface HostState {
  readonly sha: string | undefined;
  readonly files: readonly BundleFile[];
  readonly config: AgentConfig | undefined;
  /** Units that run, in start order. */
  readonly enabled: readonly string[];
  /** Units that do not. */
  readonly disabled: readonly string[];
}

/** `other` is what the host moves away from: units that only it has are stopped. */
export function hostStateOf(known: KnownBundle, other: KnownBundle | undefined): HostState {
  const { enabled, disabled } = known.bundle.units;
  const dropped = (other?.bundle.units.enabled ?? []).filter((unit) => !enabled.includes(unit));
  return {
    sha: known.sha,
    files: known.bundle.files,
    config: known.config,
    enabled,
    disabled: [...new Set([...disabled, ...dropped])],
  };
}

/** The host as it was before its first bundle: `ran` lists the units that ran then, of those that a bundle names. */
export function stateBeforeFirst(first: KnownBundle, ran: readonly string[]): HostState {
  const { enabled, disabled } = first.bundle.units;
  return {
    sha: undefined,
    files: [],
    config: undefined,
    enabled: [...enabled, ...disabled].filter((unit) => ran.includes(unit)),
    disabled: enabled.filter((unit) => !ran.includes(unit)),
  };
}

/** Paths whose file differs in content, owner or mode, or is in one of the two only. */
export function changedPaths(one: readonly BundleFile[], other: readonly BundleFile[]): readonly string[] {
  const fingerprint = (file: BundleFile): string =>
    JSON.stringify([file.mode, file.owner, file.group, file.text]);
  const before = new Map(one.map((file) => [file.path, fingerprint(file)]));
  const after = new Map(other.map((file) => [file.path, fingerprint(file)]));
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((path) => before.get(path) !== after.get(path))
    .sort();
}
