import { exec } from "../../../../lab/exec.ts";
import { egressOf } from "../../drilledEgress.ts";
import { nowMs } from "../../observe/clock.ts";
import { waitUntil } from "../../waitUntil.ts";
import { egressKind } from "./egressKind.ts";
import { servingProxy } from "./servingProxy.ts";

const movesWithinMs = 15_000;
/** The mark that keeps the address away outlasts the hold-down by a few rounds of polling. */
const afterMs = 3000;

export const deadOnHolder = egressKind({
  description: "the holder alone reaches no proxy: the address moves to the node that does, and stays there",
  play: async (scene) => {
    const { pair, holder, watch, restore, mayLose, passed, served, repaired, healthy, fault, signal } = scene;
    const { servers, hysteresis } = egressOf(pair);
    await servingProxy(scene);
    const firewall = async (change: "-I" | "-D") => {
      const rules = servers.map(
        ({ address, port }) => `iptables -w ${change} OUTPUT -p tcp -d ${address} --dport ${port} -j DROP`,
      );
      const { exitCode, stderr } = await exec(pair.lab, holder, ["sh", "-c", rules.join(" && ")]);
      if (exitCode !== 0) throw new Error(`${holder}'s way to the proxies: ${stderr}`);
    };
    let severed = true;
    const heal = async () => {
      if (severed) await firewall("-D");
      severed = false;
    };
    mayLose(servers.map(({ address }) => address));
    await firewall("-I");
    restore(heal);
    const moved = () => (watch.holders().includes(holder) ? `${holder} keeps the address` : undefined);
    await waitUntil(moved, movesWithinMs, signal);
    await served();
    const moves = watch.changes.length;
    const settled = watch.holders().length === 1 ? moves : moves + 1;
    await heal();
    repaired();
    await passed(nowMs(), hysteresis.holdDownS * 1000 + afterMs);
    if (watch.changes.length > settled)
      fault(`the address moved again when ${holder} reached its proxies again`);
    await served();
    await healthy();
  },
});
