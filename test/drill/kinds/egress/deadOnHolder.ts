import { egressTrackFile } from "../../../../render/paths.ts";
import { egressOf } from "../../drilledEgress.ts";
import { nowMs } from "../../observe/clock.ts";
import { run } from "../../run.ts";
import { waitUntil } from "../../waitUntil.ts";
import { egressKind } from "./egressKind.ts";
import { servingProxy } from "./servingProxy.ts";

const movesWithinMs = 15_000;
/** The mark that keeps the address away goes with the hold-down, some rounds of checks and polls later. */
const unmarkedWithinMs = 10_000;
/** A node that wanted the address back would have it by then. */
const afterMs = 1500;

export const deadOnHolder = egressKind({
  description: "the holder alone reaches no proxy: the address moves to the node that does, and stays there",
  play: async (scene) => {
    const { pair, holder, watch, restore, mayLose, passed, served, repaired, healthy, signal } = scene;
    const { servers, hysteresis } = egressOf(pair);
    await servingProxy(scene);
    const firewall = async (change: "-I" | "-D") => {
      const rules = servers.map(
        ({ address, port }) => `iptables -w ${change} OUTPUT -p tcp -d ${address} --dport ${port} -j DROP`,
      );
      await run(pair.lab, holder, ["sh", "-c", rules.join(" && ")]);
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
    await served(nowMs());
    await heal();
    repaired();
    const marked = async () => {
      const mark = await run(pair.lab, holder, ["cat", egressTrackFile]);
      return mark.trim() === "0" ? undefined : `${holder} works again and is still kept from the address`;
    };
    await waitUntil(marked, hysteresis.holdDownS * 1000 + unmarkedWithinMs, signal, 200);
    await passed(nowMs(), afterMs);
    await served(nowMs());
    await healthy();
  },
});
