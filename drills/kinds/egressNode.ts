import { agentUnit } from "../../contract/agentConfig.ts";
import { egressTrackFile } from "../../render/paths.ts";
import { run } from "../machine.ts";
import { preferredOn } from "../observe/daemons.ts";
import { egressOf } from "../pair.ts";
import { nowMs, waitUntil } from "../time.ts";
import { killUnit } from "./daemons.ts";
import { egressKind, servingProxy } from "./egress.ts";
import { hostLoss } from "./machines.ts";

export const agentKill = egressKind({
  description:
    "the holder's agent is killed (kill -9): no client notices, and it comes back with its preference",
  // The restart takes the cores of this host, so answers may be slow. That no request fails is measured too.
  promptMs: 300,
  play: async (round) => {
    const { pair, holder, elapsed, fault } = round;
    const { name } = await servingProxy(round);
    await killUnit(round, holder, agentUnit);
    // An agent without its preference would choose at its first election, or after a measurement.
    await elapsed(nowMs(), 2 * egressOf(pair).probe.intervalMs);
    const after = await preferredOn(pair, holder);
    if (after !== name) fault(`the agent preferred ${name} before and ${after} after it was killed`);
  },
});

const movesWithinMs = 15_000;
/** After the hold-down some rounds of checks and polls pass before the agent lets the node bid for the address again. */
const unmarkedWithinMs = 10_000;
/** A node that takes the address back does so within this time. */
const afterMs = 1500;

export const deadOnHolder = egressKind({
  description: "the holder alone reaches no proxy: the address moves to a node that does, and stays there",
  play: async (round) => {
    const { pair, holder, watch, restore, mayLose, elapsed, served, repaired, healthy, signal } = round;
    const { servers, hysteresis } = egressOf(pair);
    await servingProxy(round);
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
    const stillHolds = () => (watch.holders().includes(holder) ? `${holder} keeps the address` : undefined);
    await waitUntil(stillHolds, movesWithinMs, signal);
    await served(nowMs());
    await heal();
    repaired();
    const stillMarked = async () => {
      const mark = await run(pair.lab, holder, ["cat", egressTrackFile]);
      return mark.trim() === "0" ? undefined : `${holder} works again and may still not hold the address`;
    };
    await waitUntil(stillMarked, hysteresis.holdDownS * 1000 + unmarkedWithinMs, signal, 200);
    await elapsed(nowMs(), afterMs);
    await served(nowMs());
    await healthy();
  },
});

/** The address has moved by then. */
const movedMs = 1500;

export const egressHostLoss = egressKind({
  description: "power cut of the holder while clients go through its proxies",
  play: async (round) => {
    const { pair, mayLose } = round;
    await servingProxy(round);
    mayLose(egressOf(pair).servers.map(({ address }) => address));
    await hostLoss.play(round);
  },
});

export const haproxyRestart = egressKind({
  description: "haproxy on the holder restarts (systemctl restart) and keeps the agent's preference",
  play: async (round) => {
    const { pair, holder, mayLose, elapsed, served, healthy, fault } = round;
    const { name } = await servingProxy(round);
    mayLose(egressOf(pair).servers.map(({ address }) => address));
    const begun = nowMs();
    await run(pair.lab, holder, ["systemctl", "restart", "haproxy"]);
    const preferred = await preferredOn(pair, holder);
    if (preferred !== name) fault(`haproxy preferred ${name} before and ${preferred} after its restart`);
    await elapsed(begun, movedMs);
    await served(nowMs());
    await healthy();
  },
});
