import * as z from "zod";
import { longestLabName, machineInterface } from "../../contract/lab.ts";
import { Ec2 } from "./ec2.ts";
import { Hosts } from "./existingHosts.ts";
import { Address, Name, Port } from "./fields.ts";
import { Vagrant } from "./vagrant.ts";

/** Where machines may come from: each target has a section of its own in the config, named after it. */

const Lab = z.strictObject({
  name: Name.max(
    longestLabName,
    `expected at most ${longestLabName} characters: the lab's processes and network are named by it`,
  )
    .default("hapair")
    .describe("name of the lab: labs with different names and ports run side by side"),
  app: Address.default("10.0.1.10").describe(
    "address of the application server (the lab's network namespace itself)",
  ),
  internet: z
    .optional(Address)
    .describe(
      "address of a machine that plays the internet: it serves the egress groups' targets and runs their proxies, each in a network namespace with its own address",
    ),
  sshPort: Port.default(2201).describe(
    "loopback port to the first machine's SSH, one more for each further machine",
  ),
  sqlPort: Port.default(15432).describe(
    "loopback port to the first pair's virtual address, one more for each further pair",
  ),
  sessionPort: Port.default(16432).describe(
    "loopback port to the first `pool.session`, one more for each further one",
  ),
  statsPort: Port.default(18404).describe(
    "loopback port to the first pair's stats page, one more for each further pair",
  ),
  edgePort: Port.default(18080).describe("loopback port to the first `edge`, one more for each further one"),
  edgeTlsPort: Port.default(18443).describe(
    "loopback port to the first `edge` by HTTPS, one more for each further one",
  ),
  routesPort: Port.default(18407).describe(
    "loopback port to the API of the first `routes`, one more for each further one",
  ),
  socksPort: Port.default(17891).describe(
    "loopback port to the first egress group, one more for each further group",
  ),
});

/** The section of each target. */
export const targetSections = {
  lab: Lab.prefault({}),
  hosts: Hosts.prefault({}),
  ec2: Ec2.prefault({}),
  vagrant: Vagrant.prefault({}),
};

export const TargetKind = z.object(targetSections).keyof();
export type TargetKind = z.output<typeof TargetKind>;

/** Default of `pool.tls.mode`: a lab's network leaves its machine for nowhere. */
export const defaultTlsMode: Readonly<Record<TargetKind, "required" | "off">> = {
  lab: "off",
  hosts: "required",
  ec2: "required",
  vagrant: "required",
};

/** Default of `network.interface`; undefined where each host finds the interface that has its address. */
export const defaultInterface: Readonly<Record<TargetKind, string | undefined>> = {
  lab: machineInterface,
  hosts: undefined,
  ec2: undefined,
  vagrant: undefined,
};

/**
 * Default of `pairs[].vrrp.advertIntervalMs`. A lost host costs three adverts and the skew, 61 ms of 20. keepalived is
 * scheduled in real time, so that other processes of a host do not delay it. A virtual machine as a whole waits for a core
 * of the machine that runs it, which nothing inside it can change.
 */
export const defaultAdvertIntervalMs: Readonly<Record<TargetKind, number>> = {
  lab: 20,
  hosts: 20,
  ec2: 80,
  vagrant: 500,
};
