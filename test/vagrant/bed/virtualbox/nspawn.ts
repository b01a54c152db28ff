import { execFileSync, spawn } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { waitFor } from "../../../../base/waitFor.ts";
import { adaptersOf, bridgeOf, guestAdapter, natNetwork, networkName, portOf } from "./adapters.ts";
import type { Hypervisor } from "./hypervisor.ts";
import { Refusal, unknown } from "./refusal.ts";
import { type Machine, pidFile } from "./store.ts";

/** Machines that are containers over a lab's image, with this host's kernel: they boot in seconds. See nspawn.sh. */
export const nspawn: Hypervisor = {
  diskOf: ({ folder }) => join(folder, "upper"),
  makeDisk,
  start,
  // systemd-nspawn(1): it asks the machine to power off.
  press: (machine) => void process.kill(pidOf(machine), "SIGTERM"),
  cut,
};

const script = join(import.meta.dirname, "nspawn.sh");

/** A layer over the image, with what the box adds to that. */
function makeDisk(machine: Machine): void {
  for (const name of ["work", "root"]) mkdirSync(join(machine.folder, name));
  mkdirSync(nspawn.diskOf(machine));
  execFileSync("tar", ["-C", nspawn.diskOf(machine), "-xpf", join(machine.box, "layer.tar")]);
}

async function start(machine: Machine): Promise<void> {
  const { box, folder, forwards, uuid } = machine;
  const adapters = makeAdapters(machine);
  const image = readFileSync(join(box, "image"), "utf8").trim();
  const network = natNetwork(machine, 1).replace(/\.\d+\/24$/, "");
  const ports = Object.values(forwards).map(([, host, port, , guestPort]) => `${host}:${port}:${guestPort}`);
  const own = [uuid, folder, image, networkName(machine), adapters.join(" "), network, ...ports];
  rmSync(nspawnPid(machine), { force: true });
  const log = openSync(join(folder, "console.log"), "a");
  const child = spawn("unshare", ["--mount", "--propagation", "private", "sh", script, ...own], {
    detached: true,
    stdio: ["ignore", log, log],
  });
  closeSync(log);
  child.unref();
  writeFileSync(pidFile(machine), `${child.pid}`);
  const runs = await waitFor(10_000, () => existsSync(nspawnPid(machine)) || undefined);
  if (!runs) throw new Refusal(`${machine.name} did not start: ${readFileSync(join(folder, "console.log"))}`);
}

/** Makes the namespace of the machine's NAT, with the adapters that the machine takes. @returns their names */
function makeAdapters(machine: Machine): readonly string[] {
  const nat = networkName(machine);
  const ip = (line: string) => execFileSync("ip", line.split(" "), { encoding: "utf8" });
  // Of a machine that was killed.
  if (ip("netns list").split(/\s+/).includes(nat)) ip(`netns delete ${nat}`);
  ip(`netns add ${nat}`);
  return adaptersOf(machine).map(({ number, kind }) => {
    const { slot, mac } = guestAdapter(machine, number);
    const name = `enp0s${slot}`;
    const add = `link add ${name} netns ${nat} address ${mac} type veth peer name`;
    if (kind === "nat") {
      ip(`${add} nat netns ${nat}`);
      ip(`-n ${nat} address add ${natNetwork(machine, number).replace(/\d+(?=\/)/, "2")} dev nat`);
      ip(`-n ${nat} link set nat up`);
    } else if (kind === "bridged") {
      const bridge = bridgeOf(machine, number);
      ip(`${add} ${portOf(machine, number)}`);
      ip(`link set ${portOf(machine, number)} master ${bridge} up`);
    } else throw unknown(`adapters of kind ${kind}`);
    return name;
  });
}

/** Has the pid of the machine's systemd-nspawn. */
const nspawnPid = ({ folder }: Machine) => join(folder, "nspawn.pid");
const pidOf = (machine: Machine) => Number(readFileSync(nspawnPid(machine), "utf8"));

/** The machine's first process takes all others with it. */
function cut(machine: Machine): void {
  const pid = pidOf(machine);
  const [first] = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ");
  for (const each of [Number(first), pid]) if (each > 0) process.kill(each, "SIGKILL");
}
