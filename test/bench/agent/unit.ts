import { exec } from "../../../lab/exec.ts";
import { egressUnit } from "../../../render/paths.ts";

/** @returns time from the start of the agent's unit until it was active, s, as systemd saw it */
export async function restartAgent(lab: string, node: string): Promise<number> {
  const anew = `systemctl stop ${egressUnit} && systemctl start ${egressUnit}`;
  const { exitCode, stderr } = await exec(lab, node, ["sh", "-c", anew]);
  if (exitCode !== 0) throw new Error(`${egressUnit} on ${node} does not start: ${stderr}`);
  const begun = await property(lab, node, "InactiveExitTimestampMonotonic");
  const active = await property(lab, node, "ActiveEnterTimestampMonotonic");
  return (Number(active) - Number(begun)) / 1e6;
}

/** Its process id inside the machine. */
export function agentPid(lab: string, node: string): Promise<string> {
  return property(lab, node, "MainPID");
}

async function property(lab: string, node: string, name: string): Promise<string> {
  const { stdout } = await exec(lab, node, [
    "systemctl",
    "show",
    "--value",
    `--property=${name}`,
    egressUnit,
  ]);
  return stdout;
}
