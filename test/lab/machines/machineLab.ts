import { execa } from "execa";
import { expect } from "vitest";
import { freeLabName, freePorts } from "../../../lab/freeLab.ts";
import { exec } from "../../../lab/machine/exec.ts";
import { status } from "../../../lab/status.ts";
import { hostPackages } from "../../../render/roles/roles.ts";
import { sshKeyPair } from "../../harness/sshKeyPair.ts";

/** A lab of two machines, `one` and `two`, driven by the lab's commands. */
export const lab = freeLabName("t-machines");
const first = await freePorts("t-machines");
/** Loopback ports, of which `spare` is no machine's. */
export const ports = { forward: first, one: first + 1, two: first + 2, spare: first + 3 };
export const client = sshKeyPair("ed25519");
export const network = {
  cidr: "10.0.1.0/24",
  app: "10.0.1.10",
  packages: [...hostPackages],
  user: "admin",
  forwards: [{ port: ports.forward, to: "10.0.1.21:7777" }],
};
export const specs = {
  one: { address: "10.0.1.21", sshPort: ports.one, authorizedKey: client.public },
  two: { address: "10.0.1.22", sshPort: ports.two, authorizedKey: client.public },
};

/** Runs the lab's command; `input` goes to its stdin. */
export function run(verb: string, input?: object) {
  const argv = ["lab/main.ts", ...verb.split(" "), "--lab", lab];
  return execa(process.execPath, argv, {
    reject: false,
    input: input === undefined ? "" : JSON.stringify(input),
  });
}

export async function ok(verb: string, input?: object): Promise<string> {
  const { exitCode, stdout, stderr } = await run(verb, input);
  expect(exitCode, `lab ${verb}: ${stderr}`).toBe(0);
  return stdout;
}

export const stateOf = (name: string) => status(lab).machines.find((machine) => machine.name === name)?.state;

/** Sends three pings from machine two to machine one, over the bridge. */
export async function pings(): Promise<boolean> {
  return (
    (await exec(lab, "two", ["ping", "-c", "3", "-i", "0.1", "-W", "1", specs.one.address])).exitCode === 0
  );
}
