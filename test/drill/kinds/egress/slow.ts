import { slow as slowDown } from "../../../harness/internet.ts";
import { egressOf } from "../../drilledEgress.ts";
import { agentSwitches } from "../../observe/agentSwitches.ts";
import { nowMs } from "../../observe/clock.ts";
import { egressKind } from "./egressKind.ts";
import { servedElsewhere, servingProxy } from "./servingProxy.ts";

const delayMs = 200;
/** Measurements that it takes at most until the moving average has crossed the margin, beyond the rounds that must agree. */
const crossing = 4;

export const slow = egressKind({
  description: `the preferred proxy gets ${delayMs} ms slower and later fast again: the preference moves once`,
  lengthy: true,
  // A slow answer is an answer.
  promptMs: 2 * delayMs + 100,
  play: async (scene) => {
    const { pair, holder, passed, fault, switched, probes } = scene;
    const { probe, hysteresis } = egressOf(pair);
    const { name, address } = await servingProxy(scene);
    const before = await agentSwitches(pair, holder);
    const movesWithinMs = hysteresis.dwellS * 1000 + (hysteresis.rounds + crossing) * probe.intervalMs;
    await slowDown(pair.lab, name, delayMs);
    await servedElsewhere(scene, nowMs(), [address], movesWithinMs + 5000);
    const other = await servingProxy(scene);
    const fast = nowMs();
    await slowDown(pair.lab, name, 0);
    // As long as it took to move away it would take to move back.
    await passed(fast, movesWithinMs);
    switched((await agentSwitches(pair, holder)) - before);
    const exits = new Set(probes(fast).flatMap(({ exit }) => exit ?? []));
    if (exits.size > 1) fault(`the preference left ${other.name} again when ${name} was fast again`);
  },
});
