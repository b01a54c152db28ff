import { execFileSync, spawnSync } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { adaptersOf, bridgeOf, guestAdapter, natNetwork, portOf } from "./adapters.ts";
import type { Hypervisor } from "./hypervisor.ts";
import { Refusal, unknown } from "./refusal.ts";
import { type Machine, pidFile } from "./store.ts";

/** Machines that QEMU emulates, with a kernel of their own. */
export const qemu: Hypervisor = {
  diskOf: ({ folder }) => join(folder, "disk.qcow2"),
  makeDisk,
  start,
  press: (machine) => control(machine, "system_powerdown"),
  cut: (machine) => control(machine, "quit"),
};

/** A path of a socket has at most 107 characters. */
const controlSocket = ({ uuid }: Machine) => `/run/${uuid}.qmp`;

/** A layer over the box's disk. */
function makeDisk(machine: Machine): void {
  const backing = ["-F", "qcow2", "-b", join(machine.box, "box.img")];
  execFileSync("qemu-img", ["create", "-q", "-f", "qcow2", ...backing, qemu.diskOf(machine)]);
}

/** Slow and needless in an emulated machine: mitigations, randomised addresses, auditing, security modules. */
const kernelArguments =
  "root=/dev/vda rw quiet loglevel=3 audit=0 lsm=capability nokaslr mitigations=off no_timer_check";

/** Random numbers at once, and no virtualization, for which the guest would load KVM. */
const processor = "qemu64,rdrand=on,svm=off";

/** With what was set, and nothing else. */
function start(machine: Machine): void {
  const { box, folder, name, settings, uuid } = machine;
  const at = (file: string) => join(folder, file);
  // QEMU writes two commas for one in a value.
  const value = (path: string) => path.replaceAll(",", ",,");
  const argv = [
    ...["-accel", "tcg,thread=multi", "-cpu", processor, "-nodefaults", "-display", "none", "-daemonize"],
    ...["-name", name, "-uuid", uuid, "-m", settings.memory ?? "", "-smp", settings.cpus ?? ""],
    ...["-pidfile", pidFile(machine), "-serial", `file:${at("serial.log")}`],
    ...["-qmp", `unix:${controlSocket(machine)},server=on,wait=off`],
    ...["-kernel", join(box, "vmlinux"), "-initrd", join(box, "initrd.img"), "-append", kernelArguments],
    ...["-drive", `file=${value(qemu.diskOf(machine))},if=virtio,cache=unsafe`],
    // Slots without hot-plugging, so that the guest names adapters by their slots: enp0s8.
    ...["acpi-root-pci-hotplug", "acpi-pci-hotplug-with-bridge-support"].flatMap((feature) => [
      "-global",
      `PIIX4_PM.${feature}=off`,
    ]),
    ...adaptersOf(machine).flatMap(({ number, kind }) => adapter(machine, number, kind)),
  ];
  rmSync(pidFile(machine), { force: true });
  const { status, stderr } = spawnSync("qemu-system-x86_64", argv, { encoding: "utf8" });
  if (status !== 0) throw new Refusal(`QEMU: ${stderr.trim()}`);
}

/** QEMU's arguments for an adapter; makes the port of a bridged one. */
function adapter(machine: Machine, number: number, kind: string): string[] {
  const { slot, mac } = guestAdapter(machine, number);
  const device = `virtio-net-pci,netdev=n${number},mac=${mac},addr=0x${slot.toString(16)},romfile=`;
  return ["-netdev", `${backend(machine, number, kind)},id=n${number}`, "-device", device];
}

function backend(machine: Machine, number: number, kind: string): string {
  if (kind === "nat") {
    const forwards = Object.values(machine.forwards).map(
      ([protocol, host, port, , guestPort]) => `,hostfwd=${protocol}:${host}:${port}-:${guestPort}`,
    );
    return `user,net=${natNetwork(machine, number)}${forwards.join("")}`;
  }
  if (kind !== "bridged") throw unknown(`adapters of kind ${kind}`);
  const bridge = bridgeOf(machine, number);
  const port = portOf(machine, number);
  execFileSync("ip", ["tuntap", "add", port, "mode", "tap"]);
  execFileSync("ip", ["link", "set", port, "master", bridge, "up"]);
  return `tap,ifname=${port},script=no,downscript=no`;
}

/** Sends one command over QEMU's control socket (QMP). */
async function control(machine: Machine, command: string): Promise<void> {
  const socket = connect(controlSocket(machine));
  await once(socket, "connect");
  const lines = createInterface({ input: socket });
  for (const execute of ["qmp_capabilities", command]) {
    socket.write(`${JSON.stringify({ execute })}\n`);
  }
  // A greeting, then an answer to each command.
  let left = 3;
  for await (const _ of lines) if (--left === 0) break;
  socket.destroy();
}
