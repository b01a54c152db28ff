import { egressOf } from "../../drilledEgress.ts";
import { nowMs } from "../../observe/clock.ts";
import { preferredOn } from "../../observe/preferredOn.ts";
import { run } from "../../run.ts";
import { hostLoss } from "../hostLoss.ts";
import { egressKind } from "./egressKind.ts";
import { servingProxy } from "./servingProxy.ts";

const movedMs = 1500;

export const egressHostLoss = egressKind({
  description: "power cut of the holder while clients go through its proxies",
  play: async (scene) => {
    const { pair, mayLose } = scene;
    await servingProxy(scene);
    mayLose(egressOf(pair).servers.map(({ address }) => address));
    await hostLoss.play(scene);
  },
});

export const haproxyRestart = egressKind({
  description: "haproxy on the holder restarts (systemctl restart); it still knows what the agent preferred",
  play: async (scene) => {
    const { pair, holder, mayLose, passed, served, healthy, fault } = scene;
    const { name } = await servingProxy(scene);
    mayLose(egressOf(pair).servers.map(({ address }) => address));
    const begun = nowMs();
    await run(pair.lab, holder, ["systemctl", "restart", "haproxy"]);
    const preferred = await preferredOn(pair, holder);
    if (preferred !== name) fault(`haproxy preferred ${name} before and ${preferred} after its restart`);
    await passed(begun, movedMs);
    await served(nowMs());
    await healthy();
  },
});
