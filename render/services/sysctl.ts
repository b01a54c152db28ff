import * as z from "zod";
import type { Topology } from "../../topology/topology.ts";
import { file, template } from "../template.ts";

const path = "etc/sysctl.d/60-hapair.conf";
const settings = template(path, z.strictObject({ bindsVirtualAddress: z.boolean(), interface: z.string() }));

/** Kernel settings. */
export function sysctlFiles({ network }: Topology, bindsVirtualAddress: boolean) {
  return [file(path, settings({ bindsVirtualAddress, interface: network.interface }))];
}
