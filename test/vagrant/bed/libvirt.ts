import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { waitFor } from "../../../base/waitFor.ts";
import type { Bed } from "./bed.ts";

/** Machines run as root, and nothing of this host's own security modules or control groups is asked for. */
const qemuConfig = `user = "root"
group = "root"
dynamic_ownership = 0
remember_owner = 0
security_driver = "none"
namespaces = []
cgroup_controllers = []
stdio_handler = "file"
`;

const daemonConfig = `auth_unix_rw = "none"
auth_unix_ro = "none"
unix_sock_group = "root"
log_outputs = "2:file:/var/log/libvirt/libvirtd.log"
`;

/** Starts a libvirt daemon of the bed's own, which ends with it; resolves when it answers. */
export async function startLibvirt(bed: Bed): Promise<void> {
  const config = join(bed.system, "etc/libvirt");
  mkdirSync(config, { recursive: true });
  writeFileSync(join(config, "qemu.conf"), qemuConfig);
  writeFileSync(join(config, "libvirtd.conf"), daemonConfig);
  await bed.run(["libvirtd", "--daemon", "--pid-file", "/run/libvirtd.pid"]);
  const answers = () => bed.start(["virsh", "--connect", "qemu:///system", "version"]).ended;
  const isUp = await waitFor(30_000, async () => (await answers()).exitCode === 0 || undefined);
  if (!isUp) throw new Error(`libvirtd does not answer: ${(await answers()).output}`);
}
