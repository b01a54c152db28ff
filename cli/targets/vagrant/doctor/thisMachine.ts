import { closeSync, existsSync, openSync, readFileSync, statfsSync, statSync } from "node:fs";
import { createConnection } from "node:net";
import { freemem, homedir } from "node:os";
import { dirname, join } from "node:path";
import { readIfThere } from "../../../../base/files.ts";
import type { VagrantProvider } from "../../../../contract/vagrantMachines.ts";
import { addressesIn } from "../bridge/linuxLinks.ts";
import { output } from "../tools/output.ts";
import { virtualboxVersionIn } from "../tools/versions.ts";
import type { HypervisorLook } from "./hypervisorFindings.ts";
import type { OwnAddress } from "./networkFindings.ts";
import type { Folder, RoomLook } from "./roomFindings.ts";

/** What this machine says of itself. Nothing here changes anything. */

/** Where Vagrant keeps boxes and keys. */
export const vagrantHome = (): string => process.env.VAGRANT_HOME || join(homedir(), ".vagrant.d");

/** @throws Failure where the package iproute2 is missing */
export async function ownAddresses(): Promise<readonly OwnAddress[]> {
  // Node.js leaves out devices without a carrier, such as a bridge of Docker without a running container. They take packets.
  const found = addressesIn(await output("ip", ["-j", "-4", "address", "show"]));
  return found.map((own) => ({ ...own, isVirtual: !existsSync(`/sys/class/net/${own.device}/device`) }));
}

export async function hypervisorLook(provider: VagrantProvider): Promise<HypervisorLook> {
  const flags = /^flags\s*:(.*)$/m.exec(readIfThere("/proc/cpuinfo") ?? "")?.[1];
  return {
    processorFlags: flags?.trim().split(/\s+/),
    virtualbox: provider === "virtualbox" ? await virtualboxVersion() : undefined,
    kvmHolds:
      ["kvm_intel", "kvm_amd"].some((module) => existsSync(`/sys/module/${module}`)) &&
      isSet("/sys/module/kvm/parameters/enable_virt_at_load"),
    noKvm: provider === "libvirt" ? kvmTrouble() : undefined,
    dockerDesktop: await isListening(join(homedir(), ".docker/desktop/docker.sock")),
    dockerFilters:
      existsSync("/sys/class/net/docker0") && isSet("/proc/sys/net/bridge/bridge-nf-call-iptables"),
  };
}

export async function roomLook(provider: VagrantProvider): Promise<RoomLook> {
  return {
    memoryMb: freemem() / mb,
    boxes: folderAt(vagrantHome()),
    disks: folderAt(provider === "virtualbox" ? await machineFolder() : "/var/lib/libvirt/images"),
  };
}

const mb = 1024 * 1024;

/**
 * Whether the device is there says nothing: it may be of no use. One that is not this user's may well be libvirt's, whose
 * daemon opens it for the machines.
 */
export function kvmTrouble(path = "/dev/kvm"): string | undefined {
  try {
    closeSync(openSync(path, "r+"));
    return undefined;
  } catch (error) {
    const code = String(Object(error).code);
    return code === "EACCES" ? undefined : code;
  }
}

/** A switch of the kernel; not set where there is none. */
function isSet(path: string): boolean {
  return existsSync(path) && ["1", "Y"].includes(readFileSync(path, "utf8").trim());
}

async function virtualboxVersion(): Promise<string | undefined> {
  // Whoever has no VirtualBox is told so already.
  return virtualboxVersionIn(await output("VBoxManage", ["--version"]).catch(() => ""));
}

async function machineFolder(): Promise<string> {
  const properties = await output("VBoxManage", ["list", "systemproperties"]).catch(() => "");
  return machineFolderIn(properties) ?? join(homedir(), "VirtualBox VMs");
}

/** Reads `VBoxManage list systemproperties`. Pure. */
export function machineFolderIn(text: string): string | undefined {
  return /^Default machine folder:\s+(\S.*?)\s*$/m.exec(text)?.[1];
}

/** On the file system where the folder is, or will be. */
function folderAt(folder: string): Folder {
  const there = nearest(folder);
  const { bavail, bsize } = statfsSync(there);
  return { folder, device: statSync(there).dev, freeMb: (bavail * bsize) / mb };
}

function nearest(folder: string): string {
  return existsSync(folder) ? folder : nearest(dirname(folder));
}

function isListening(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(path, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
}
