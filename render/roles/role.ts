import type { AgentConfig } from "../../contract/agentConfig.ts";
import type { Bundle, BundleFile } from "../../contract/bundle.ts";
import type { Host } from "../../topology/hosts.ts";
import type { Topology } from "../../topology/topology.ts";
import type { KnownHost } from "../hostFacts.ts";
import type { Secrets } from "../secrets.ts";
import type { FirewallRule } from "../services/ufw.ts";

export type RoleName = Host["role"];
export type HostOf<Name extends RoleName> = Extract<Host, { role: Name }>;

/**
 * What the hosts of one role have besides what every host has (`everyHost.ts`). Pure throughout: the same topology
 * and secrets give the same answer. Methods rather than function properties, so that every role is a `Role<Host>`.
 */
export interface Role<H extends Host = Host> {
  /** Debian 13 packages: those of an image that serves every host. */
  readonly packages: readonly string[];
  /** Those of one host, where hosts of the role differ in what they run. */
  packagesOn?(host: H): readonly string[];
  /** Whether a daemon binds a virtual address that another host may have. */
  readonly bindsVirtualAddress: boolean;
  /** systemd units; `enabled` in start order. */
  units(host: H): Bundle["units"];
  /** The files of each service that runs here, in any order. */
  files(topology: Topology, host: KnownHost<H>, secrets: Secrets): readonly BundleFile[];
  /** Client connections at once. */
  connections(host: H): number;
  /** What the firewall accepts. */
  openPorts(topology: Topology, host: KnownHost<H>): readonly FirewallRule[];
  /** What the agent must know of such a host. */
  agentConfig(host: H, secrets: Secrets): Omit<AgentConfig, "host">;
}
