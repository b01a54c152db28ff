import { join } from "node:path";
import { execa } from "execa";
import * as z from "zod";
import { root } from "./home.ts";

const LabStatus = z.object({
  machines: z.array(z.object({ name: z.string(), state: z.string() })),
});

const program = join(root, "lab/main.ts");

/** Runs a verb of the lab; its progress goes where ours goes. */
function lab(args: readonly string[]) {
  return execa(process.execPath, [program, ...args], { reject: false, stderr: "inherit", stdin: "ignore" });
}

/** `lab up`'s answer where the lab has never been made. */
const unknownLab = 3;

/** Brings back every machine that the lab knows, with its disk. @returns `false` where there is no such lab */
export async function resumeLab(name: string): Promise<boolean> {
  const { exitCode, message } = await lab(["up", "--lab", name]);
  if (exitCode === unknownLab) return false;
  if (exitCode !== 0) throw new Error(message ?? "lab up failed");
  return true;
}

/** Names of the lab's machines whose disk exists. */
export async function machinesWithDisk(name: string): Promise<ReadonlySet<string>> {
  const { stdout } = await lab(["status", "--json", "--lab", name]);
  const { machines } = LabStatus.parse(JSON.parse(stdout));
  return new Set(machines.filter(({ state }) => state !== "missing").map((machine) => machine.name));
}

/** Removes the whole lab, also what no stack's state remembers. */
export async function removeLab(name: string): Promise<void> {
  const { exitCode, message } = await lab(["network", "down", "--lab", name]);
  if (exitCode !== 0) throw new Error(message ?? "lab network down failed");
}
