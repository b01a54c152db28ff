import { exec } from "../../lab/exec.ts";

/** Runs a command on a machine of the lab. @returns its stdout @throws Error with the command's own words */
export async function run(lab: string, machine: string, argv: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await exec(lab, machine, argv);
  if (exitCode === 0) return stdout;
  throw new Error(`${machine} of lab ${lab}: ${argv.join(" ")}: ${stderr.trim() || `status ${exitCode}`}`);
}
