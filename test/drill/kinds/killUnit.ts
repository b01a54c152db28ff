import { mainPid } from "../observe/mainPid.ts";
import { run } from "../run.ts";
import type { Scene } from "../scene.ts";
import { waitUntil } from "../waitUntil.ts";

const backWithinMs = 10_000;

/** Kills a unit's processes (kill -9) and waits until it runs again, as another process. */
export async function killUnit(
  { pair: { lab }, signal }: Pick<Scene, "pair" | "signal">,
  machine: string,
  unit: string,
): Promise<void> {
  const before = await mainPid(lab, machine, unit);
  await run(lab, machine, ["systemctl", "kill", "--signal=KILL", unit]);
  const amiss = async () => {
    const pid = await mainPid(lab, machine, unit);
    return pid === undefined || pid === before ? `${unit} on ${machine} is not back` : undefined;
  };
  await waitUntil(amiss, backWithinMs, signal, 100);
}
