import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { waitWhile } from "../../../base/waitFor.ts";
import type { VpcSpecInput } from "../../../contract/vpc.ts";
import { freeLabName } from "../../../lab/freeLab.ts";
import { makeNamespace } from "../../../lab/network/namespace.ts";
import { networkDown } from "../../../lab/network/network.ts";
import { bridge, bridgePort, namespace, namespacePath } from "../../../lab/paths.ts";
import { type Vpc, vpcUp } from "../../../lab/vpc/vpc.ts";
import { authority, vpcAddresses } from "../../harness/vpcSpec.ts";

/** A subnet whose machines are bare network namespaces: what the fabric does, without any daemon of the pair. */

/** The lab of the test file that has opened the subnet. */
export let lab = "";
export const addresses = { a: "10.0.1.20", b: "10.0.1.21", c: "10.0.1.30" } as const;
export type Machine = keyof typeof addresses;
const machines = ["a", "b", "c"] as const;
/** A server on each machine answers with the machine's name here. */
export const port = 5432;
export const { vip, elasticIp, overlay } = vpcAddresses;

const programs: ChildProcess[] = [];
/** For programs that call the API: whom to trust. */
const environment = () => ({ NODE_EXTRA_CA_CERTS: join(tmpdir(), `${lab}-authority.pem`) });
const ofMachine = (machine: Machine) => `${namespace(lab)}-${machine}`;
const inNet = (path: string) => ["nsenter", `--net=${path}`];

/** @param purpose names the lab: files that run at the same time have one each */
export async function openSubnet(purpose: string): Promise<void> {
  lab = freeLabName(purpose);
  await closeSubnet();
  writeFileSync(environment().NODE_EXTRA_CA_CERTS, authority.certificate);
  await makeNamespace(lab, {
    app: vpcAddresses.app,
    cidr: "10.0.1.0/24",
    packages: [],
    user: "admin",
    forwards: [],
  });
  for (const machine of machines) {
    await execa("ip", ["netns", "add", ofMachine(machine)]);
    await plugIn(machine);
    await serve(machine);
  }
}

/** A new cable, plugged into the switch, as a machine gets it when it boots. */
export async function plugIn(machine: Machine): Promise<void> {
  const port = bridgePort(machine);
  const outside = ["ip", "-n", namespace(lab)];
  const veth = ["link", "add", port, "type", "veth", "peer", "name", "host0", "netns", ofMachine(machine)];
  await must([...outside, ...veth]);
  const batch = [
    "link set lo up",
    "link set host0 up",
    `address add ${addresses[machine]}/24 dev host0`,
    "route add default via 10.0.1.1",
    // As on a node, whatever AWS says.
    ...[vip, overlay].map((address) => `address replace ${address}/32 dev lo`),
  ];
  await must(["ip", "-n", ofMachine(machine), "-batch", "-"], batch.join("\n"));
  await must([...outside, "link", "set", port, "master", bridge, "up"]);
}

export async function unplugFrom(machine: Machine): Promise<void> {
  await must(["ip", "-n", namespace(lab), "link", "delete", bridgePort(machine)]);
}

async function serve(machine: Machine): Promise<void> {
  await start(machine, "answerName.ts", machine, String(port));
}

/**
 * Starts a program on a machine, until the subnet is closed; resolves once it has said something. It ends with its stdin.
 * @returns ends it now
 */
export async function start(
  machine: Machine,
  program: string,
  ...args: readonly string[]
): Promise<() => Promise<void>> {
  const path = join(import.meta.dirname, "programs", program);
  const argv = [...inNet(`/run/netns/${ofMachine(machine)}`), process.execPath, path, ...args];
  const [file = "", ...rest] = argv;
  const child = spawn(file, rest, {
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...process.env, ...environment() },
  });
  const ended = once(child, "exit");
  programs.push(child);
  await once(child.stdout, "data");
  child.stdout.resume();
  return async () => {
    child.kill("SIGKILL");
    await ended;
  };
}

/** Makes the subnet this VPC, anew, and waits until every machine is part of it. */
export async function vpcWith(spec: VpcSpecInput): Promise<Vpc> {
  const vpc = await vpcUp(lab, spec);
  // Until a machine's cable has left the bridge, it answers for every address that it has.
  const onBridge = async () => {
    const { stdout } = await execa("ip", ["-n", namespace(lab), "route", "show"]);
    return machines.find((machine) => !stdout.includes(`${addresses[machine]} dev ${bridgePort(machine)}`));
  };
  const left = await waitWhile(20_000, onBridge);
  if (left !== undefined) throw new Error(`the VPC does not carry ${left}`);
  for (const machine of machines) await must(["ip", "-n", ofMachine(machine), "neighbour", "flush", "all"]);
  return vpc;
}

export async function closeSubnet(): Promise<void> {
  for (const program of programs.splice(0)) program.kill("SIGKILL");
  await networkDown(lab);
  rmSync(environment().NODE_EXTRA_CA_CERTS, { force: true });
  for (const machine of machines)
    await execa("ip", ["netns", "delete", ofMachine(machine)], { reject: false });
}

/** Runs a command on a machine, or on the application server. Without `trusting` it does not trust the API's authority. */
export function on(
  machine: Machine | "app",
  argv: readonly string[],
  { trusting = true }: { trusting?: boolean } = {},
) {
  const path = machine === "app" ? namespacePath(lab) : `/run/netns/${ofMachine(machine)}`;
  const [file = "", ...args] = [...inNet(path), ...argv];
  return execa(file, args, {
    input: "",
    reject: false,
    timeout: 20_000,
    ...(trusting && { env: environment() }),
  });
}

async function must(argv: readonly string[], input = ""): Promise<void> {
  const [file = "", ...args] = argv;
  await execa(file, args, { input });
}
