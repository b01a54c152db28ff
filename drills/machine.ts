import { exec } from "../lab/machine/exec.ts";

/** Runs a command on a machine of the lab. @returns its stdout @throws Error with the command and its stderr */
export async function run(
  lab: string,
  machine: string,
  argv: readonly string[],
  input?: string,
): Promise<string> {
  const { exitCode, stdout, stderr } = await exec(lab, machine, argv, input);
  if (exitCode === 0) return stdout;
  throw new Error(`${machine} of lab ${lab}: ${argv.join(" ")}: ${stderr.trim() || `status ${exitCode}`}`);
}

/** Properties of a unit, as `systemctl show` has them. */
export async function unitProperties<Name extends string>(
  lab: string,
  machine: string,
  unit: string,
  names: readonly Name[],
): Promise<Readonly<Partial<Record<Name, string>>>> {
  const stdout = await run(lab, machine, ["systemctl", "show", `--property=${names.join(",")}`, unit]);
  const values = names.map((name) => [name, new RegExp(`^${name}=(.*)$`, "m").exec(stdout)?.[1]]);
  return Object.fromEntries(values);
}

/** Process id of a unit's main process inside the machine; undefined while the unit is not active. */
export async function mainPid(lab: string, machine: string, unit: string): Promise<string | undefined> {
  const { ActiveState, MainPID } = await unitProperties(lab, machine, unit, ["ActiveState", "MainPID"]);
  return ActiveState === "active" && MainPID !== "0" ? MainPID : undefined;
}

/** Processor time that a unit or slice of the machine has used so far, µs, of all its processes. */
export async function usedCpuMicroseconds(lab: string, machine: string, group: string): Promise<number> {
  const stdout = await run(lab, machine, ["cat", `/sys/fs/cgroup/system.slice/${group}/cpu.stat`]);
  const [, microseconds] = /^usage_usec (\d+)$/m.exec(stdout) ?? [];
  if (microseconds === undefined) throw new Error(`${machine} does not count the processor time of ${group}`);
  return Number(microseconds);
}

/** Beginning of a command line on a node: the command gets user and groups of the agent's unit. */
export const asAgent = ["setpriv", "--reuid=hapair", "--regid=hapair", "--groups=haproxy", "--"];
