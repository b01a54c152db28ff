import { egressUnit } from "../../../../render/paths.ts";
import { egressOf } from "../../drilledEgress.ts";
import { nowMs } from "../../observe/clock.ts";
import { preferredOn } from "../../observe/preferredOn.ts";
import { killUnit } from "../killUnit.ts";
import { egressKind } from "./egressKind.ts";
import { servingProxy } from "./servingProxy.ts";

export const agentKill = egressKind({
  description:
    "the holder's agent is killed (kill -9): nobody notices, and it comes back with what it preferred",
  // What the host is busy with must not be taken for an outage: that no request fails is measured beside it.
  promptMs: 300,
  play: async (scene) => {
    const { pair, holder, passed, fault } = scene;
    const { name } = await servingProxy(scene);
    await killUnit(scene, holder, egressUnit);
    // An agent that had forgotten would choose at its first election, or once it has measured.
    await passed(nowMs(), 2 * egressOf(pair).probe.intervalMs);
    const after = await preferredOn(pair, holder);
    if (after !== name) fault(`the agent preferred ${name} before and ${after} after it was killed`);
  },
});
