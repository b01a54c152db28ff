import { existsSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { waitFor } from "../../../../base/waitFor.ts";
import { adaptersOf, macOf, removePorts } from "./adapters.ts";
import type { Hypervisor } from "./hypervisor.ts";
import { nspawn } from "./nspawn.ts";
import { type Given, readOptions } from "./options.ts";
import { qemu } from "./qemu.ts";
import { Refusal, unknown } from "./refusal.ts";
import {
  definitionOf,
  findMachine,
  isAccessible,
  isContainer,
  isRunning,
  type Machine,
  machinesFolder,
  type Registry,
  register,
  unregister,
} from "./store.ts";

/** A verb: what it prints, or nothing. It changes the registry. */
export type Verb = (registry: Registry, argv: readonly string[]) => string | Promise<string>;

const hypervisorOf = (machine: Machine): Hypervisor => (isContainer(machine) ? nspawn : qemu);

/** `import`: with `-n` it only says what it would make. */
export const importMachine: Verb = (registry, argv) => {
  const isDry = argv[0] === "-n";
  const [description = "", ...rest] = isDry ? argv.slice(1) : argv;
  const suggested = /<VirtualSystem ovf:id="([^"]+)"/.exec(readFileSync(description, "utf8"))?.[1];
  const takes = { "--vsys": 1, "--vmname": 1, "--unit": 1, "--disk": 1 } as const;
  const given = readOptions("import", rest, takes);
  const folder = join(machinesFolder(registry.folder), `${suggested}`);
  if (isDry) {
    return [
      `Interpreting ${description}...`,
      "OK.",
      "Virtual system 0:",
      ` 1: Suggested VM name "${suggested}"`,
      ` 2: Suggested VM settings file name "${join(folder, `${suggested}.vbox`)}"`,
      `13: Hard disk image: source image=box.img, target path=${join(folder, "box.img")}, controller=9;channel=0`,
    ].join("\n");
  }
  const name = given.find(({ option }) => option === "--vmname")?.value;
  if (name === undefined) throw unknown("import without a name");
  const machine = register(registry, name, dirname(description));
  hypervisorOf(machine).makeDisk(machine);
  return "Successfully imported the appliance.";
};

const settings = {
  "--name": 1,
  "--memory": 1,
  "--cpus": 1,
  "--nicN": 1,
  "--intnetN": 1,
  "--bridgeadapterN": 1,
  "--cableconnectedN": 1,
  "--macaddressN": 1,
  "--natpfN": 1,
  "--natnetN": 1,
  // Without an effect here: QEMU's clock is UTC's, and guests get no DNS.
  "--rtcuseutc": 1,
  "--natdnsproxyN": 1,
  "--natdnshostresolverN": 1,
} as const;

/** `modifyvm`: only of a machine that is off. */
export const modify: Verb = (registry, [id, ...argv]) => {
  const machine = findMachine(registry, id);
  if (!isAccessible(machine)) throw new Refusal(`The machine '${id}' is not accessible`);
  if (isRunning(machine)) throw new Refusal(`The machine '${machine.name}' is already locked for a session`);
  for (const given of readOptions("modifyvm", joined(argv), settings)) set(registry, machine, given);
  for (const { number } of adaptersOf(machine)) macOf(machine, number);
  return "";
};

/** `--natpf1 delete NAME` is an option with two values. */
function joined(argv: readonly string[]): readonly string[] {
  return argv.flatMap((word, at) => {
    if (word === "delete" && argv[at - 1]?.startsWith("--natpf")) return [`delete ${argv[at + 1]}`];
    return argv[at - 1] === "delete" ? [] : [word];
  });
}

function set({ machines }: Registry, machine: Machine, { option, adapter, value }: Given): void {
  if (option === "--name") {
    if (machines.some(({ name }) => name === value)) throw new Refusal(`${value}: VERR_ALREADY_EXISTS`);
    machine.name = value;
  } else if (option === "--natpfN") {
    if (adapter !== "1") throw unknown(`port forwards of adapter ${adapter}`);
    const [name = "", ...forward] = value.split(",");
    if (value.startsWith("delete ")) delete machine.forwards[value.slice(7)];
    else machine.forwards[name] = forward;
  } else machine.settings[option.slice(2).replace(/N$/, adapter)] = value;
}

/** `showvminfo`: what Vagrant reads of it. */
export const show: Verb = (registry, [id, ...argv]) => {
  const machine = findMachine(registry, id);
  const { name, uuid } = machine;
  if (!isAccessible(machine))
    return argv.length === 0 ? "Name:            <inaccessible!>" : 'name="<inaccessible>"';
  // Vagrant asks so to know whether the machine exists.
  if (argv.length === 0) return `Name:                        ${name}\nUUID:                        ${uuid}`;
  if (argv.join() !== "--machinereadable") throw unknown(`showvminfo ${argv.join(" ")}`);
  const lines: (readonly [string, string])[] = [
    ["name", name],
    ["UUID", uuid],
    ["CfgFile", definitionOf(machine)],
    ["memory", machine.settings.memory ?? ""],
    ["cpus", machine.settings.cpus ?? ""],
    ["VMState", isRunning(machine) ? "running" : "poweroff"],
    ...adaptersOf(machine).flatMap(({ number, kind }): (readonly [string, string])[] => [
      [`macaddress${number}`, macOf(machine, number)],
      [`nic${number}`, kind],
      ...(kind === "bridged"
        ? [[`bridgeadapter${number}`, machine.settings[`bridgeadapter${number}`] ?? ""] as const]
        : []),
      ...(kind === "nat"
        ? Object.entries(machine.forwards).map(
            ([rule, forward], at) => [`Forwarding(${at})`, [rule, ...forward].join(",")] as const,
          )
        : []),
    ]),
  ];
  return lines.map(([key, value]) => `${key}="${value}"`).join("\n");
};

/** `startvm`. */
export const start: Verb = async (registry, [id, ...argv]) => {
  const machine = findMachine(registry, id);
  const type = readOptions("startvm", argv, { "--type": 1 })[0]?.value;
  if (type !== "headless") throw unknown(`startvm --type ${type}`);
  if (isRunning(machine)) throw new Refusal(`The machine '${machine.name}' is already locked by a session`);
  removePorts(machine);
  const hypervisor = hypervisorOf(machine);
  const disk = hypervisor.diskOf(machine);
  if (!existsSync(disk))
    throw new Refusal(
      `Could not open the medium '${disk}'.\nVBoxManage: error: VD: error VERR_FILE_NOT_FOUND opening image file '${disk}' (VERR_FILE_NOT_FOUND)`,
    );
  await hypervisor.start(machine);
  return `VM "${machine.uuid}" has been successfully started.`;
};

/** `controlvm`. */
export const control: Verb = async (registry, [id, action, ...argv]) => {
  const machine = findMachine(registry, id);
  if (argv.length > 0) throw unknown(`controlvm ${action} ${argv.join(" ")}`);
  if (!isRunning(machine)) throw new Refusal(`Machine '${machine.name}' is not currently running.`);
  if (action === "poweroff") await cutPower(machine);
  else if (action === "acpipowerbutton") await hypervisorOf(machine).press(machine);
  else throw unknown(`controlvm ${action}`);
  return "";
};

async function cutPower(machine: Machine): Promise<void> {
  await hypervisorOf(machine).cut(machine);
  const isOff = await waitFor(10_000, () => !isRunning(machine) || undefined);
  if (!isOff) throw new Refusal(`${machine.name} did not end`);
  removePorts(machine);
}

/** `unregistervm`: with its disk, as Vagrant wants it, or of a machine that is not accessible. */
export const unregisterMachine: Verb = (registry, [id, ...argv]) => {
  const machine = findMachine(registry, id);
  const deletes = argv.join() === "--delete";
  if (argv.length > 0 && !deletes) throw unknown(`unregistervm ${argv.join(" ")}`);
  if (deletes && !isAccessible(machine)) throw new Refusal(`The machine '${id}' is not accessible`);
  if (isRunning(machine))
    throw new Refusal(`Cannot unregister the machine '${machine.name}' while it is locked`);
  removePorts(machine);
  unregister(registry, machine);
  if (deletes) rmSync(machine.folder, { recursive: true, force: true });
  return "";
};

/** `snapshot`: its name is kept, and nothing goes back to one. */
export const snapshot: Verb = (registry, [id, action, ...argv]) => {
  const { snapshots } = findMachine(registry, id);
  if (action === "take" && argv.length === 1) {
    snapshots.push(`${argv[0]}`);
    return "Snapshot taken.";
  }
  if (action !== "list" || argv.join() !== "--machinereadable")
    throw unknown(`snapshot ${[action, ...argv].join(" ")}`);
  if (snapshots.length === 0) throw new Refusal("This machine does not have any snapshots");
  return snapshots.map((name, at) => `SnapshotName${at === 0 ? "" : "-1".repeat(at)}="${name}"`).join("\n");
};
