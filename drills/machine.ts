import { exec } from "../lab/machine/exec.ts";

/** Runs a command on a machine of the lab. @returns its stdout @throws Error with the command's own words */
export async function run(lab: string, machine: string, argv: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await exec(lab, machine, argv);
  if (exitCode === 0) return stdout;
  throw new Error(`${machine} of lab ${lab}: ${argv.join(" ")}: ${stderr.trim() || `status ${exitCode}`}`);
}

/** Process id of a unit's main process, as text; undefined while the unit is not active. */
export async function mainPid(lab: string, machine: string, unit: string): Promise<string | undefined> {
  const stdout = await run(lab, machine, ["systemctl", "show", "--property=ActiveState,MainPID", unit]);
  if (!stdout.includes("ActiveState=active")) return undefined;
  return /^MainPID=([1-9]\d*)$/m.exec(stdout)?.[1];
}
