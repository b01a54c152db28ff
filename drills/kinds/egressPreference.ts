import { agentSwitches, serverStates } from "../observe/daemons.ts";
import { egressOf } from "../pair.ts";
import { slow as slowDown, uplink } from "../proxies.ts";
import { nowMs, waitUntil } from "../time.ts";
import { egressKind, servedElsewhere, servingProxy } from "./egress.ts";

const halfPeriodMs = 2000;
const periods = 30;

export const flap = egressKind({
  description: "the preferred proxy's tunnel fails and recovers every four seconds, for two minutes",
  lengthy: true,
  play: async (round) => {
    const { pair, holder, elapsed, mayLose, healthy, switched } = round;
    const { name, address } = await servingProxy(round);
    const before = await agentSwitches(pair, holder);
    mayLose([address]);
    const begun = nowMs();
    for (let half = 1; half <= 2 * periods; half += 1) {
      await uplink(pair.lab, name, half % 2 === 1 ? "refused" : "open");
      await elapsed(begun, half * halfPeriodMs);
    }
    await healthy();
    switched((await agentSwitches(pair, holder)) - before);
  },
});

const delayMs = 200;
/** Measurements until the moving average has crossed the margin, at most; the rounds that must agree come on top. */
const crossing = 4;

export const slow = egressKind({
  description: `the preferred proxy gets ${delayMs} ms slower and later fast again: the preference moves once`,
  lengthy: true,
  // A slow answer is not an outage.
  promptMs: 2 * delayMs + 100,
  play: async (round) => {
    const { pair, holder, elapsed, fault, switched, probes } = round;
    const { probe, hysteresis } = egressOf(pair);
    const { name, address } = await servingProxy(round);
    const before = await agentSwitches(pair, holder);
    const movesWithinMs = hysteresis.dwellS * 1000 + (hysteresis.rounds + crossing) * probe.intervalMs;
    await slowDown(pair.lab, name, delayMs);
    await servedElsewhere(round, nowMs(), [address], movesWithinMs + 5000);
    const other = await servingProxy(round);
    const fast = nowMs();
    await slowDown(pair.lab, name, 0);
    // A move back would take as long as the move away.
    await elapsed(fast, movesWithinMs);
    switched((await agentSwitches(pair, holder)) - before);
    const exits = new Set(probes(fast).flatMap(({ exit }) => exit ?? []));
    if (exits.size > 1) fault(`the preference left ${other.name} again when ${name} was fast again`);
  },
});

const noticedWithinMs = 10_000;

export const recovery = egressKind({
  description: "a dead proxy comes back: clients of the other proxies do not notice",
  // The host is busy, so answers may be slow. That no request fails is measured too.
  promptMs: 300,
  prepare: async ({ pair, holder, signal }) => {
    const { backend, servers } = egressOf(pair);
    const [{ name } = { name: "" }] = servers;
    await uplink(pair.lab, name, "refused");
    const problem = async () => {
      const views = await Promise.all(pair.nodes.map((node) => serverStates(pair.lab, node, backend)));
      return views.every((states) => states[name] === "DOWN")
        ? undefined
        : `${name} is not marked down on every node yet`;
    };
    await waitUntil(problem, noticedWithinMs, signal);
    return holder;
  },
  play: async (round) => {
    const { pair, elapsed, healthy } = round;
    const { servers, probe, hysteresis } = egressOf(pair);
    await servingProxy(round);
    const [{ name } = { name: "" }] = servers;
    await uplink(pair.lab, name, "open");
    await healthy();
    // After the hold-down and a measurement the agent may prefer it again.
    await elapsed(nowMs(), hysteresis.holdDownS * 1000 + 2 * probe.intervalMs);
  },
});
