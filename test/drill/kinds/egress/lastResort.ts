import { uplink } from "../../../harness/internet.ts";
import { egressOf } from "../../drilledEgress.ts";
import { nowMs } from "../../observe/clock.ts";
import { waitUntil } from "../../waitUntil.ts";
import { egressKind } from "./egressKind.ts";
import { servedElsewhere, servingProxy } from "./servingProxy.ts";

/** Rise, a measurement, an election. */
const recoveredWithinMs = 15_000;

export const lastResort = egressKind({
  description:
    "every WireGuard proxy is dead (refused and hanging in turn): WARP takes over, and gives way afterwards",
  play: async (scene) => {
    const { pair, round, mayLose, healthy, fault, probes, signal } = scene;
    const { servers, hysteresis } = egressOf(pair);
    const real = servers.filter((server) => !server.lastResort);
    const addresses = real.map(({ address }) => address);
    const all = (state: "refused" | "cut" | "open") =>
      Promise.all(real.map(({ name }) => uplink(pair.lab, name, state)));
    await servingProxy(scene);
    mayLose(addresses);
    const begun = nowMs();
    await all(round % 2 === 0 ? "refused" : "cut");
    await servedElsewhere(scene, begun, addresses);
    const healed = nowMs();
    await all("open");
    await healthy();
    const back = () => {
      const { exit } = probes(healed).at(-1) ?? {};
      return exit !== undefined && addresses.includes(exit) ? undefined : `requests still leave by ${exit}`;
    };
    await waitUntil(back, hysteresis.holdDownS * 1000 + recoveredWithinMs, signal);
    await servingProxy(scene);
    const failed = probes(healed).filter(({ failure }) => failure !== undefined);
    if (failed.length > 0) fault(`${failed.length} requests failed on the way back from the last resort`);
  },
});
