import { setTimeout as delay } from "node:timers/promises";
import { probePlan } from "../../drills/clients/pace.ts";
import { startProber } from "../../drills/clients/prober.ts";
import { everyMs, holdThrough, proxiesOf, type SwitchSetup, type SwitchTime } from "./setup.ts";

const heldEach = 100;

export interface BetweenLiving {
  readonly times: readonly SwitchTime[];
  readonly requests: number;
  readonly failed: number;
  /** Long connections that ended: nothing fails, so none may. */
  readonly lost: number;
}

/** Moves the preference between two working proxies, while clients hold long connections through both and open new ones. */
export async function switchBetweenLiving(setup: SwitchSetup, switches: number): Promise<BetweenLiving> {
  const { pair, actuator, signal, restore } = setup;
  const [one, other] = proxiesOf(pair).switched;
  const held = [await holdThrough(setup, one, heldEach), await holdThrough(setup, other, heldEach)];
  const prober = startProber(pair.lab, probePlan("egress", pair));
  restore(async () => {
    await prober.stop();
  });
  const times: SwitchTime[] = [];
  for (let count = 0; count < switches; count += 1) {
    signal.throwIfAborted();
    times.push(await actuator.prefer((count % 2 === 0 ? one : other).name));
    await delay(everyMs);
  }
  const probes = await prober.stop();
  const exits = new Set(probes.map(({ exit }) => exit));
  for (const { name, address } of [one, other])
    if (!exits.has(address)) throw new Error(`no request went through ${name}: nothing was switched`);
  await Promise.all(held.map((tunnels) => tunnels.settled(signal)));
  return {
    times,
    requests: probes.length,
    failed: probes.filter(({ failure }) => failure !== undefined).length,
    lost: held.reduce((sum, { lost }) => sum + lost.length, 0),
  };
}
