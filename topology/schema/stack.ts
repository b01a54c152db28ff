import * as z from "zod";
import { Address, ClientNetwork, HostNetwork, ManagementNetwork, Port } from "./fields.ts";
import { Pair } from "./pair.ts";
import { defaultInterface, TargetKind, targetSections } from "./targets.ts";
import { firstNetworks } from "./vagrant.ts";

/** A stack's config. Each default stands beside its key; `.describe` texts become the README's reference. */

const Firewall = z.strictObject({
  clients: z
    .optional(z.array(ClientNetwork).min(1))
    .describe("who may use the virtual address; default the network"),
  monitoring: z
    .optional(z.array(ClientNetwork).min(1))
    .describe("who may read stats and metrics; default the network"),
  ssh: z.optional(z.array(ClientNetwork).min(1)).describe("who may log in by SSH; default the network"),
  admin: z
    .optional(z.array(ClientNetwork).min(1))
    .describe("who may reach the API of the routes; default the network"),
});

const Syslog = z.strictObject({
  address: Address.describe("log server"),
  port: Port.default(514).describe("its port"),
  protocol: z.enum(["udp", "tcp"]).default("udp").describe("transport"),
});

/** `host0` (lab), the one with the host's address (hosts) */
const interfaceDefaults = Object.entries(defaultInterface)
  .map(([target, name]) => `${name ? `\`${name}\`` : "the one with the host's address"} (${target})`)
  .join(", ");

/** none, with the target `vagrant` that of Vagrant's own SSH: `10.0.2.0/24` (virtualbox), `192.168.121.0/24` (libvirt) */
const managementDefaults = `none, with the target \`vagrant\` that of Vagrant's own SSH: ${Object.entries(
  firstNetworks,
)
  .map(([provider, cidr]) => `\`${cidr}\` (${provider})`)
  .join(", ")}`;

export const StackConfig = z.strictObject({
  target: TargetKind.describe("where the machines come from"),
  network: z.strictObject({
    cidr: HostNetwork.describe("the network that all hosts and the virtual addresses share"),
    interface: z
      .optional(z.string().regex(/^[a-zA-Z][a-zA-Z0-9._-]{0,14}$/, "expected an interface name such as eth0"))
      .describe(`the hosts' interface on that network; default ${interfaceDefaults}`),
    management: z
      .optional(z.array(ManagementNetwork))
      .describe(
        `networks of further interfaces of the hosts: logins by SSH from a machine of such a network to a host's address there are accepted; default ${managementDefaults}`,
      ),
  }),
  pairs: z.array(Pair).min(1, "expected at least one pair"),
  firewall: Firewall.prefault({}),
  syslog: z.optional(Syslog).describe("remote log server; default none"),
  secrets: z
    .enum(["generated", "config"])
    .default("generated")
    .describe("`generated` once and kept in the stack's state, or taken from the stack's secret `config`"),
  ...targetSections,
});

export type StackConfig = z.output<typeof StackConfig>;
