import { join } from "node:path";
import { execa } from "execa";
import { Failure, ToldFailure } from "../../../base/failure.ts";
import { LabStatus } from "../../../contract/lab.ts";
import { foreignLab } from "../../../lab/owner.ts";
import { root } from "../../session/home.ts";
import { announceIfSlow } from "../../session/output.ts";

export interface LabState {
  /** The lab has been made at some time. */
  readonly known: boolean;
  /** The other clone of the project that the lab belongs to. */
  readonly otherClone: string | undefined;
  /** Network and forwards are there. */
  readonly up: boolean;
  /** Names of all its machines, in whatever state. */
  readonly machines: ReadonlySet<string>;
  /** Names of those that have a disk; only an explicit command may remove it. */
  readonly disks: ReadonlySet<string>;
  /** Names of those that run and are reached by SSH. */
  readonly running: ReadonlySet<string>;
}

const program = join(root, "lab/main.ts");

/** Runs a verb of the lab as a process of its own, which becomes root; its progress goes to this process' stderr. */
async function lab(doing: string, args: readonly string[]): Promise<string> {
  const running = execa(process.execPath, [program, ...args], {
    reject: false,
    stderr: "inherit",
    stdin: "ignore",
  });
  const { exitCode, signal, stdout } = await announceIfSlow(doing, running);
  if (signal) throw new Failure(`lab ${args.join(" ")} was ended by ${signal}`);
  if (exitCode !== 0) throw new ToldFailure(`lab ${args.join(" ")} ended with ${exitCode}`);
  return stdout;
}

/** @throws Failure, one sentence, where this machine cannot carry a lab with these loopback ports. Touches nothing. */
export async function checkHost(name: string, ports: readonly number[]): Promise<void> {
  const { exitCode, stderr } = await execa(
    process.execPath,
    [program, "check", "--lab", name, ...ports.map(String)],
    {
      reject: false,
      stdin: "ignore",
    },
  );
  if (exitCode !== 0) throw new Failure(stderr.trim().replace(/^lab: /, ""));
}

/** Starts every machine that the lab knows, with its disk. */
export async function resumeLab(name: string): Promise<void> {
  await lab("starting the machines that the lab has", ["up", "--lab", name]);
}

/** Removes the machines that are not named, with their disks; the lab prints which. */
export async function retainMachines(name: string, machines: readonly string[]): Promise<void> {
  await lab("removing machines that the config no longer has", ["retain", ...machines, "--lab", name]);
}

export async function labState(name: string): Promise<LabState> {
  const status = await lab("asking the lab for its machines", ["status", "--json", "--lab", name]);
  const { base, otherClone, namespace, forwards, machines } = LabStatus.parse(JSON.parse(status));
  return {
    known: base !== null,
    otherClone: otherClone ?? undefined,
    up: namespace !== null && forwards.every(({ up }) => up),
    machines: new Set(machines.map((machine) => machine.name)),
    disks: new Set(machines.filter(({ state }) => state !== "missing").map((machine) => machine.name)),
    running: new Set(
      machines.filter(({ state, sshUp }) => state === "running" && sshUp).map((machine) => machine.name),
    ),
  };
}

/**
 * Removes the whole lab, also what a killed `up` made before the stack's state knew of it.
 * @throws Failure where it belongs to another clone
 */
export async function removeLab(name: string): Promise<void> {
  const { known, otherClone } = await labState(name);
  if (!known) return;
  if (otherClone !== undefined) throw foreignLab(name, otherClone);
  await lab("removing the lab", ["network", "down", "--lab", name]);
}
