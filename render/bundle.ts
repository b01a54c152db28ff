import { createHash } from "node:crypto";
import type { Bundle } from "../contract/bundle.ts";
import type { Host } from "../topology/hosts.ts";
import type { Topology } from "../topology/topology.ts";
import { type HostFacts, type KnownHost, shownFacts } from "./hostFacts.ts";
import { everyHost } from "./roles/everyHost.ts";
import { roleOf } from "./roles/roles.ts";
import { masked, type Secrets } from "./secrets.ts";

/** A host's desired state as it is sent to the host. */
export interface HostBundle {
  /** One JSON document (`Bundle`), with secrets. */
  readonly text: string;
  /** SHA-256 of `text`, hex: the bundle's name everywhere. */
  readonly sha256: string;
}

/** Renders one host. Pure: the same topology, secrets and facts give the same bytes. */
export function renderHost(topology: Topology, host: Host, secrets: Secrets, facts: HostFacts): HostBundle {
  return hostBundle(bundleOf(topology, { ...host, ...facts }, secrets));
}

export function hostBundle(bundle: Bundle): HostBundle {
  const text = `${JSON.stringify(bundle)}\n`;
  return { text, sha256: createHash("sha256").update(text).digest("hex") };
}

/** A host's files by path, with `[secret]` for every secret: for people, previews and Pulumi's state. */
export function renderShown(
  topology: Topology,
  host: Host,
  facts: HostFacts = shownFacts(topology),
): Readonly<Record<string, string>> {
  return shownFiles(bundleOf(topology, { ...host, ...facts }, masked(topology)));
}

/** A bundle's files by path. */
export function shownFiles({ files }: Bundle): Readonly<Record<string, string>> {
  return Object.fromEntries(files.map(({ path, text }) => [path, text]));
}

/** Paths and units of a host's bundle: they depend neither on secrets nor on facts of the host. */
export function outlineOf(
  topology: Topology,
  host: Host,
): Pick<Bundle, "units"> & { paths: readonly string[] } {
  const { files, units } = bundleOf(topology, { ...host, ...shownFacts(topology) }, masked(topology));
  return { paths: files.map(({ path }) => path), units };
}

/** systemd units that run on a host, in start order. */
export function unitsOf(host: Host): readonly string[] {
  return [...everyHost.units, ...roleOf(host).units(host).enabled];
}

function bundleOf(topology: Topology, host: KnownHost, secrets: Secrets): Bundle {
  const role = roleOf(host);
  const files = [
    ...everyHost.files(topology, host, secrets, role),
    ...role.files(topology, host, secrets),
  ].sort((a, b) => (a.path < b.path ? -1 : 1));
  return {
    format: 1,
    host: host.name,
    units: { enabled: [...unitsOf(host)], disabled: role.units(host).disabled },
    files,
  };
}
