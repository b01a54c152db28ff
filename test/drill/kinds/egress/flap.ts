import { uplink } from "../../../harness/internet.ts";
import { agentSwitches } from "../../observe/agentSwitches.ts";
import { nowMs } from "../../observe/clock.ts";
import { egressKind } from "./egressKind.ts";
import { servingProxy } from "./servingProxy.ts";

const halfPeriodMs = 2000;
const periods = 30;

export const flap = egressKind({
  description: "the preferred proxy's tunnel dies and recovers every four seconds, for two minutes",
  lengthy: true,
  play: async (scene) => {
    const { pair, holder, passed, mayLose, healthy, switched } = scene;
    const { name, address } = await servingProxy(scene);
    const before = await agentSwitches(pair, holder);
    mayLose([address]);
    const begun = nowMs();
    for (let half = 1; half <= 2 * periods; half += 1) {
      await uplink(pair.lab, name, half % 2 === 1 ? "refused" : "open");
      await passed(begun, half * halfPeriodMs);
    }
    await healthy();
    switched((await agentSwitches(pair, holder)) - before);
  },
});
