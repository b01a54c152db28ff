import { existsSync } from "node:fs";
import { findExecutable } from "../../../base/commands.ts";
import { Failure } from "../../../base/failure.ts";
import { aptInstall } from "../../../tools/setup/apt.ts";
import { stepProgress } from "../../../tools/setup/step.ts";

/** What these tests alone need of this machine, each command with its package in Debian 12 and 13. */
const packageOf: Record<string, string> = {
  vagrant: "vagrant",
  "qemu-system-x86_64": "qemu-system-x86",
  "qemu-img": "qemu-utils",
  libvirtd: "libvirt-daemon-system",
  // libvirt's own network, and machines that are containers.
  dnsmasq: "dnsmasq-base",
  iptables: "iptables",
  "systemd-socket-activate": "systemd",
  mke2fs: "e2fsprogs",
  // The box's kernel is unpacked with the one that packed it.
  xz: "xz-utils",
  zstd: "zstd",
};

/** Without it Vagrant has no provider libvirt; no command is in it. */
const libvirtPlugin = "/usr/share/doc/vagrant-libvirt";

/** Installs what is missing of it. */
export async function installPackages(): Promise<void> {
  if (process.arch !== "x64")
    throw new Failure(
      "The tests of kind vagrant emulate x86-64 machines with a box made here: run them on x86-64.",
    );
  const missing = Object.entries(packageOf)
    .filter(([command]) => findExecutable(command) === undefined)
    .map(([, name]) => name);
  if (!existsSync(libvirtPlugin)) missing.push("vagrant-libvirt");
  if (missing.length === 0) return;
  const progress = stepProgress();
  await aptInstall([...new Set(missing)], progress.report).finally(() => progress.end());
}
