import { execFileSync, spawnSync } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { waitFor } from "../../../../base/waitFor.ts";
import { adaptersOf, qemuAdapter, removePorts } from "./adapters.ts";
import { Refusal } from "./refusal.ts";
import { isRunning, type Machine, pidFile } from "./store.ts";

/** A path of a socket has at most 107 characters. */
const controlSocket = ({ uuid }: Machine) => `/run/${uuid}.qmp`;
const diskOf = ({ folder }: Machine) => join(folder, "disk.qcow2");

/** Makes the machine's disk: a layer over the box's. */
export function makeDisk(machine: Machine): void {
  const backing = ["-F", "qcow2", "-b", join(machine.box, "box.img")];
  execFileSync("qemu-img", ["create", "-q", "-f", "qcow2", ...backing, diskOf(machine)]);
}

/** Slow and needless in an emulated machine: mitigations, randomised addresses, auditing. */
const kernelArguments =
  "root=/dev/vda rw quiet loglevel=3 audit=0 apparmor=0 nokaslr mitigations=off no_timer_check";

/** Starts the machine with what was set, and nothing else. */
export function startQemu(machine: Machine): void {
  const { box, folder, name, settings, uuid } = machine;
  const at = (file: string) => join(folder, file);
  // QEMU writes two commas for one in a value.
  const value = (path: string) => path.replaceAll(",", ",,");
  const argv = [
    ...["-accel", "tcg,thread=multi", "-cpu", "qemu64", "-nodefaults", "-display", "none", "-daemonize"],
    ...["-name", name, "-uuid", uuid, "-m", settings.memory ?? "", "-smp", settings.cpus ?? ""],
    ...["-pidfile", pidFile(machine), "-serial", `file:${at("serial.log")}`],
    ...["-qmp", `unix:${controlSocket(machine)},server=on,wait=off`],
    ...["-kernel", join(box, "vmlinux"), "-initrd", join(box, "initrd.img"), "-append", kernelArguments],
    ...["-drive", `file=${value(diskOf(machine))},if=virtio,cache=unsafe`],
    // Slots without hot-plugging, so that the guest names adapters by their slots: enp0s8.
    ...["acpi-root-pci-hotplug", "acpi-pci-hotplug-with-bridge-support"].flatMap((feature) => [
      "-global",
      `PIIX4_PM.${feature}=off`,
    ]),
    ...adaptersOf(machine).flatMap(({ number, kind }) => qemuAdapter(machine, number, kind)),
  ];
  rmSync(pidFile(machine), { force: true });
  const { status, stderr } = spawnSync("qemu-system-x86_64", argv, { encoding: "utf8" });
  if (status !== 0) throw new Refusal(`QEMU: ${stderr.trim()}`);
}

/** Presses the power button; the machine takes its time. */
export const pressPowerButton = (machine: Machine) => control(machine, "system_powerdown");

/** Takes the power away; resolves when the machine is off. */
export async function cutPower(machine: Machine): Promise<void> {
  await control(machine, "quit");
  const isOff = await waitFor(10_000, () => !isRunning(machine) || undefined);
  if (!isOff) throw new Refusal(`QEMU of ${machine.name} did not end`);
  removePorts(machine);
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
