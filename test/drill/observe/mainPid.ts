import { run } from "../run.ts";

/** Process id of a unit's main process, as text; undefined while the unit is not active. */
export async function mainPid(lab: string, machine: string, unit: string): Promise<string | undefined> {
  const stdout = await run(lab, machine, ["systemctl", "show", "--property=ActiveState,MainPID", unit]);
  if (!stdout.includes("ActiveState=active")) return undefined;
  return /^MainPID=([1-9]\d*)$/m.exec(stdout)?.[1];
}
