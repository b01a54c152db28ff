import { join } from "node:path";
import { execa } from "execa";
import * as z from "zod";
import { Failure } from "./failure.ts";
import { root } from "./home.ts";

const LabStatus = z.object({
  namespace: z.nullable(z.string()),
  forwards: z.array(z.object({ up: z.boolean() })),
  machines: z.array(z.object({ name: z.string(), state: z.string() })),
});

export interface LabState {
  /** Network and forwards are there. */
  readonly up: boolean;
  /** Names of the machines that run. */
  readonly running: ReadonlySet<string>;
}

const program = join(root, "lab/main.ts");

/** `lab up`'s answer where the lab has never been made. */
const unknownLab = 3;

/** Runs a verb of the lab as its own process, which knows how to become root; its progress goes where ours goes. */
async function lab(
  args: readonly string[],
  allowed: readonly number[] = [],
): Promise<{ readonly status: number; readonly stdout: string }> {
  const { exitCode, stdout } = await execa(process.execPath, [program, ...args], {
    reject: false,
    stderr: "inherit",
    stdin: "ignore",
  });
  if (exitCode !== 0 && !allowed.includes(exitCode ?? 1))
    throw new Failure(`lab ${args.join(" ")} ended with ${exitCode}`);
  return { status: exitCode ?? 1, stdout };
}

/** Brings back every machine that the lab knows, with its disk. @returns `false` where there is no such lab */
export async function resumeLab(name: string): Promise<boolean> {
  const { status } = await lab(["up", "--lab", name], [unknownLab]);
  return status === 0;
}

export async function labState(name: string): Promise<LabState> {
  const { stdout } = await lab(["status", "--json", "--lab", name]);
  const { namespace, forwards, machines } = LabStatus.parse(JSON.parse(stdout));
  return {
    up: namespace !== null && forwards.every(({ up }) => up),
    running: new Set(machines.filter(({ state }) => state === "running").map((machine) => machine.name)),
  };
}

/** Removes the whole lab, also what no stack's state remembers. */
export async function removeLab(name: string): Promise<void> {
  await lab(["network", "down", "--lab", name]);
}
