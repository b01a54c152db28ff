import { egressOf } from "../pair.ts";
import { crash, restart, uplink } from "../proxies.ts";
import { nowMs, waitUntil } from "../time.ts";
import { egressKind, servedElsewhere, servingProxy, withoutAgents } from "./egress.ts";
import type { Kind, Round } from "./kind.ts";

/** How a proxy dies: its tunnel refuses connections, its tunnel drops packets, or the proxy itself is killed. */
type Death = "refused" | "cut" | "crash";

export const refused = deadProxy(
  "refused",
  "the tunnel behind the preferred proxy refuses, the proxy's port stays open",
);
export const hang = deadProxy(
  "cut",
  "the tunnel behind the preferred proxy drops everything, the proxy's port stays open",
);
export const proxyCrash = deadProxy("crash", "the preferred proxy itself is killed");
export const refusedAlone = deadProxyAlone(
  "refused",
  "as egress-refused, with the agent stopped on every node",
);
export const hangAlone = deadProxyAlone("cut", "as egress-hang, with the agent stopped on every node");

/** The serving proxy dies and comes back. */
function deadProxy(death: Death, description: string): Kind {
  return egressKind({
    description,
    play: async (round) => {
      await dieAndComeBack(round, death);
      await round.healthy();
    },
  });
}

/** The same while no node has a running agent. */
function deadProxyAlone(death: Death, description: string): Kind {
  return egressKind({
    description,
    play: async (round) => {
      await servingProxy(round);
      await withoutAgents(round, () => dieAndComeBack(round, death));
      await round.healthy();
    },
  });
}

async function dieAndComeBack(round: Round, death: Death): Promise<void> {
  const { pair, mayLose } = round;
  const { name, address } = await servingProxy(round);
  mayLose([address]);
  const begun = nowMs();
  await (death === "crash" ? crash(pair.lab, name) : uplink(pair.lab, name, death));
  await servedElsewhere(round, begun, [address]);
  await (death === "crash" ? restart(pair.lab, name) : uplink(pair.lab, name, "open"));
}

const deadMs = 5000;

export const allDead = egressKind({
  description: "every proxy is dead on every node for five seconds: the address does not move",
  play: async (round) => {
    const { pair, mayLose, elapsed, served, healthy } = round;
    const { servers } = egressOf(pair);
    const all = (state: "refused" | "open") =>
      Promise.all(servers.map(({ name }) => uplink(pair.lab, name, state)));
    await servingProxy(round);
    mayLose(servers.map(({ address }) => address));
    const begun = nowMs();
    await all("refused");
    await elapsed(begun, deadMs);
    await all("open");
    await served(nowMs());
    await healthy();
  },
});

/** HAProxy marks a proxy up, the agent measures it and elects it. */
const recoveredWithinMs = 15_000;

export const lastResort = egressKind({
  description:
    "every WireGuard proxy is dead (refused and hanging in turn): WARP takes over until one is back",
  play: async (round) => {
    const { pair, index, mayLose, healthy, fault, probes, signal } = round;
    const { servers, hysteresis } = egressOf(pair);
    const regular = servers.filter((server) => !server.lastResort);
    const addresses = regular.map(({ address }) => address);
    const all = (state: "refused" | "cut" | "open") =>
      Promise.all(regular.map(({ name }) => uplink(pair.lab, name, state)));
    await servingProxy(round);
    mayLose(addresses);
    const begun = nowMs();
    await all(index % 2 === 0 ? "refused" : "cut");
    await servedElsewhere(round, begun, addresses);
    const healed = nowMs();
    await all("open");
    await healthy();
    const problem = () => {
      const { exit } = probes(healed).at(-1) ?? {};
      return exit !== undefined && addresses.includes(exit) ? undefined : `requests still leave by ${exit}`;
    };
    await waitUntil(problem, hysteresis.holdDownS * 1000 + recoveredWithinMs, signal);
    await servingProxy(round);
    const failed = probes(healed).filter(({ failure }) => failure !== undefined);
    if (failed.length > 0) fault(`${failed.length} requests failed on the way back from the last resort`);
  },
});
