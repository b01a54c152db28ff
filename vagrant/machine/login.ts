import { readFileSync } from "node:fs";
import { execa } from "execa";
import { Failure } from "../../base/failure.ts";
import type { VagrantLogin } from "../../contract/vagrantMachines.ts";
import { type Channel, overChannel } from "./channel.ts";

/** In the order that the product's clients prefer. */
const keyFiles = ["ed25519", "ecdsa", "rsa"].map((type) => `/etc/ssh/ssh_host_${type}_key.pub`).join(" ");

/**
 * How a machine is reached at its address, with its host key as Vagrant's own way has it.
 * @throws Failure where it has none, or where another machine has that address
 */
export async function loginAt(address: string, channel: Channel): Promise<VagrantLogin> {
  const keys = await overChannel(channel, `cat ${keyFiles} 2>/dev/null; true`);
  const [type, key] = keys.split("\n")[0]?.split(" ") ?? [];
  if (type === undefined || key === undefined)
    throw new Failure(`${channel.machine}: its SSH has no host key: sudo ssh-keygen -A on it makes one`);
  const shown = await shownKeys(address, type);
  if (shown.length > 0 && !shown.includes(key))
    throw new Failure(
      `${channel.machine}: another machine has the address ${address}: it shows another SSH host key there. Take that machine off the network, or choose a free address`,
    );
  return {
    host: address,
    port: 22,
    user: channel.user,
    privateKey: readFileSync(channel.identityFile, "utf8"),
    hostKey: `${type} ${key}`,
  };
}

/** The host keys of a type that are shown at an address; none where nothing answers. */
async function shownKeys(address: string, type: string): Promise<readonly string[]> {
  // Its own names for them: ed25519, ecdsa, rsa.
  const short = type.replace(/^ssh-/, "").replace(/-sha2-.*/, "");
  const { stdout } = await execa("ssh-keyscan", ["-T", "10", "-t", short, address], {
    reject: false,
    stdin: "ignore",
  });
  return (stdout ?? "").split("\n").flatMap((line) => line.split(" ")[2] ?? []);
}
