import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { namespace } from "../../../lab/paths.ts";
import { region, vpcAddresses } from "../../harness/vpcSpec.ts";
import { addresses, lab, type Machine, on, port } from "./namespaces.ts";

const python = "/usr/bin/python3";

/** The name of who answers at an address within a second, or `nobody`. */
export async function whoAnswers(address: string, from: Machine | "app" = "app"): Promise<string> {
  const ask = `import socket
try:
  s = socket.create_connection(("${address}", ${port}), timeout=1)
  print(s.recv(8).decode())
except OSError:
  print("nobody")`;
  return (await on(from, [python, "-c", ask])).stdout.trim();
}

/** How many of three packets of VRRP's protocol arrive. */
export async function vrrpArrives(from: Machine, to: Machine): Promise<number> {
  const receive = `import socket
s = socket.socket(socket.AF_INET, socket.SOCK_RAW, 112)
s.settimeout(1.5)
print("ready", flush=True)
n = 0
try:
  while n < 3:
    if s.recvfrom(99)[1][0] == "${addresses[from]}": n += 1
except TimeoutError: pass
print(n)`;
  const argv = [`--net=/run/netns/${namespace(lab)}-${to}`, python, "-c", receive];
  const receiver = spawn("nsenter", argv, { stdio: ["ignore", "pipe", "inherit"] });
  const closed = once(receiver, "close");
  let said = "";
  receiver.stdout.on("data", (text) => {
    said += text;
  });
  await once(receiver.stdout, "data");
  await sendVrrp(from, addresses[to]);
  await closed;
  return Number(said.replace("ready", ""));
}

export async function sendVrrp(from: Machine, to: string): Promise<void> {
  const send = `import socket
s = socket.socket(socket.AF_INET, socket.SOCK_RAW, 112)
for n in range(3): s.sendto(b"advert", ("${to}", 0))`;
  await on(from, [python, "-c", send]);
}

/** How long the VPC still remembers the flow of VRRP that it will forget first, s; -1 while it remembers none. */
export async function leastRemembered(): Promise<number> {
  const { stdout } = await on("app", ["nft", "-j", "list", "set", "ip", "vpc", "seen"]);
  const seconds = [...stdout.matchAll(/"expires": (\d+)/g)].map(([, left]) => Number(left));
  return seconds.length === 0 ? -1 : Math.min(...seconds);
}

/** Sends a packet from an address of the machine that may not be its own in AWS. */
export async function sendFrom(machine: Machine, source: string, to: string): Promise<void> {
  const send = `import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("${source}", 0))
s.sendto(b"x", ("${to}", 9))`;
  await on(machine, [python, "-c", send]);
}

/** Calls EC2 from a machine with the keys of its role. @returns the answer's XML, or the error's code */
export async function callEc2(
  machine: Machine,
  action: string,
  parameters: Readonly<Record<string, string>>,
  trusting = true,
): Promise<string> {
  const program = join(import.meta.dirname, "programs/callEc2.ts");
  const pairs = Object.entries(parameters).map(([name, value]) => `${name}=${value}`);
  const endpoint = `https://${vpcAddresses.endpoint}`;
  const argv = [process.execPath, program, endpoint, region, action, ...pairs];
  const { stdout, stderr } = await on(machine, argv, { trusting });
  return stdout.trim() || stderr;
}
