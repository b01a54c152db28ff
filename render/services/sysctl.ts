import * as z from "zod";
import { file, template } from "../template.ts";

const path = "etc/sysctl.d/60-hapair.conf";
const settings = template(path, z.strictObject({ bindsVirtualAddress: z.boolean(), interface: z.string() }));

/** Kernel settings. */
export function sysctlFiles(device: string, bindsVirtualAddress: boolean) {
  return [file(path, settings({ bindsVirtualAddress, interface: device }))];
}
