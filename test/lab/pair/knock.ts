import { join } from "node:path";
import { exec } from "../../../lab/machine/exec.ts";

export type Answer = "open" | "refused" | "silent";

/** Opens a TCP connection to each `address:port` from the application server; silence for a second is an answer. */
export async function knock(
  lab: string,
  doors: readonly string[],
): Promise<Readonly<Record<string, Answer>>> {
  const program = join(import.meta.dirname, "knockProgram.ts");
  const { stdout } = await exec(lab, "app", [process.execPath, program, ...doors]);
  return JSON.parse(stdout);
}
