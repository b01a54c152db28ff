import { Failure } from "../../base/failure.ts";
import { mainPid, run } from "../../drills/machine.ts";
import type { DrilledPair } from "../../drills/pair.ts";
import { keepalivedUnit } from "../../render/services/keepalived.ts";
import type { Scheduling } from "./curve.ts";

const dropIn = `/etc/systemd/system/${keepalivedUnit}.d/zz-bench.conf`;
/** Its unit then does what it does on a host that refuses real time: it goes on with `Nice=-20`. */
const withoutRealTime = "[Service]\nCapabilityBoundingSet=~CAP_SYS_NICE\n";

const commands: Readonly<Record<Scheduling, string>> = {
  "real time": 'rm -f "$0"',
  nice: 'cat >"$0"',
};
/** Class and priority, as `ps` names them; a process in real time has no nice value. */
const shown: Readonly<Record<Scheduling, string>> = { "real time": "RR -", nice: "TS -20" };

/**
 * Schedules keepalived so on every node, also after a boot; it is started again, so that the address may move.
 * @throws Failure where the host does not permit it
 */
export async function schedule({ lab, nodes }: DrilledPair, scheduling: Scheduling): Promise<void> {
  const restart = `systemctl daemon-reload && systemctl restart ${keepalivedUnit}`;
  for (const node of nodes) {
    await run(
      lab,
      node,
      ["sh", "-c", `${commands[scheduling]} && ${restart}`, dropIn],
      scheduling === "nice" ? withoutRealTime : "",
    );
    const pid = await mainPid(lab, node, keepalivedUnit);
    const found = await run(lab, node, ["ps", "-o", "cls=", "-o", "ni=", "-p", pid ?? ""]);
    if (found.trim().split(/\s+/).join(" ") !== shown[scheduling])
      throw new Failure(
        `keepalived on ${node} is scheduled as "${found.trim()}", not as "${shown[scheduling]}": this host does not permit it, and the curve cannot be measured here`,
      );
  }
}
