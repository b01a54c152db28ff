import { uplink } from "../../../harness/internet.ts";
import { egressOf } from "../../drilledEgress.ts";
import { nowMs } from "../../observe/clock.ts";
import { serverStates } from "../../observe/serverStates.ts";
import { waitUntil } from "../../waitUntil.ts";
import { egressKind } from "./egressKind.ts";
import { servingProxy } from "./servingProxy.ts";

const noticedWithinMs = 10_000;

export const recovery = egressKind({
  description: "a dead proxy comes back: whoever is served by another one does not notice",
  // What the host is busy with must not be taken for an outage: that no request fails is measured beside it.
  promptMs: 300,
  prepare: async ({ pair, holder, signal }) => {
    const { backend, servers } = egressOf(pair);
    const [{ name } = { name: "" }] = servers;
    await uplink(pair.lab, name, "refused");
    const amiss = async () => {
      const views = await Promise.all(pair.nodes.map((node) => serverStates(pair.lab, node, backend)));
      return views.every((states) => states[name] === "DOWN") ? undefined : `${name} is not seen down yet`;
    };
    await waitUntil(amiss, noticedWithinMs, signal);
    return holder;
  },
  play: async (scene) => {
    const { pair, passed, healthy } = scene;
    const { servers, probe, hysteresis } = egressOf(pair);
    await servingProxy(scene);
    const [{ name } = { name: "" }] = servers;
    await uplink(pair.lab, name, "open");
    await healthy();
    // Its hold-down ends, and the agent measures it again: it may be preferred from then on.
    await passed(nowMs(), hysteresis.holdDownS * 1000 + 2 * probe.intervalMs);
  },
});
