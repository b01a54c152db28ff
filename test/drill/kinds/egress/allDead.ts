import { uplink } from "../../../harness/internet.ts";
import { egressOf } from "../../drilledEgress.ts";
import { nowMs } from "../../observe/clock.ts";
import { egressKind } from "./egressKind.ts";
import { servingProxy } from "./servingProxy.ts";

const deadMs = 5000;

export const allDead = egressKind({
  description: "every proxy is dead on every node for five seconds: nobody moves the address",
  play: async (scene) => {
    const { pair, mayLose, passed, served, healthy } = scene;
    const { servers } = egressOf(pair);
    const all = (state: "refused" | "open") =>
      Promise.all(servers.map(({ name }) => uplink(pair.lab, name, state)));
    await servingProxy(scene);
    mayLose(servers.map(({ address }) => address));
    const begun = nowMs();
    await all("refused");
    await passed(begun, deadMs);
    await all("open");
    await served(nowMs());
    await healthy();
  },
});
