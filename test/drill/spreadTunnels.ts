import { holdingOpen, tunnelPlan } from "./asking.ts";
import { egressOf } from "./drilledEgress.ts";
import { askHaproxy } from "./observe/askHaproxy.ts";
import { startTunnels, type Tunnels } from "./observe/openTunnels.ts";
import { preferredOn } from "./observe/preferredOn.ts";
import type { Scene } from "./scene.ts";
import { waitUntil } from "./waitUntil.ts";

/** A round of polling, an election, and time for a busy host. */
const movedWithinMs = 5000;

/**
 * Opens long connections through the holder, half of them through another proxy than the one that is preferred in the
 * end: so there are some that the failure of that one must not touch. An operator's drain moves the preference.
 */
export async function spreadTunnels({
  pair,
  holder,
  signal,
  restore,
}: Pick<Scene, "pair" | "holder" | "signal" | "restore">): Promise<Tunnels> {
  const { lab } = pair;
  const { backend, servers } = egressOf(pair);
  const tunnels = startTunnels(lab, tunnelPlan(pair));
  restore(() => tunnels.close());
  const [first] = await tunnels.open(holdingOpen.tunnels / 2, signal);
  const drained = servers.find(({ address }) => address === first);
  if (!drained) throw new Error(`${first} is no proxy of the pair`);
  const set = (state: "drain" | "ready") =>
    askHaproxy(lab, holder, `set server ${backend}/${drained.name} state ${state}`);
  restore(async () => {
    await set("ready");
  });
  await set("drain");
  const amiss = async () =>
    (await preferredOn(pair, holder)) === drained.name
      ? `${drained.name} is drained and still preferred`
      : undefined;
  await waitUntil(amiss, movedWithinMs, signal);
  await tunnels.open(holdingOpen.tunnels / 2, signal);
  await set("ready");
  return tunnels;
}
