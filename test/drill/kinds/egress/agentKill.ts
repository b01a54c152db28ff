import { exec } from "../../../../lab/exec.ts";
import { egressUnit } from "../../../../render/paths.ts";
import { egressOf } from "../../drilledEgress.ts";
import { nowMs } from "../../observe/clock.ts";
import { preferredOn } from "../../observe/preferredOn.ts";
import { waitUntil } from "../../waitUntil.ts";
import { egressKind } from "./egressKind.ts";
import { servingProxy } from "./servingProxy.ts";

const backWithinMs = 10_000;

export const agentKill = egressKind({
  description:
    "the holder's agent is killed (kill -9): nobody notices, and it comes back with what it preferred",
  // What the host is busy with must not be taken for an outage: that no request fails is measured beside it.
  promptMs: 300,
  play: async (scene) => {
    const { pair, holder, passed, fault, signal } = scene;
    const { lab } = pair;
    const { name } = await servingProxy(scene);
    const before = await mainPid(lab, holder);
    const { exitCode, stderr } = await exec(lab, holder, ["systemctl", "kill", "--signal=KILL", egressUnit]);
    if (exitCode !== 0) throw new Error(`${egressUnit} on ${holder} could not be killed: ${stderr}`);
    const amiss = async () => {
      const pid = await mainPid(lab, holder);
      return pid === undefined || pid === before ? `${egressUnit} on ${holder} is not back` : undefined;
    };
    await waitUntil(amiss, backWithinMs, signal, 100);
    // An agent that had forgotten would choose at its first election, or once it has measured.
    await passed(nowMs(), 2 * egressOf(pair).probe.intervalMs);
    const after = await preferredOn(pair, holder);
    if (after !== name) fault(`the agent preferred ${name} before and ${after} after it was killed`);
  },
});

/** Of the unit while it is active. */
async function mainPid(lab: string, node: string): Promise<string | undefined> {
  const { stdout } = await exec(lab, node, [
    "systemctl",
    "show",
    "--property=ActiveState,MainPID",
    egressUnit,
  ]);
  if (!stdout.includes("ActiveState=active")) return undefined;
  return /^MainPID=([1-9]\d*)$/m.exec(stdout)?.[1];
}
