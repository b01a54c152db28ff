import { setTimeout as delay } from "node:timers/promises";
import { probePlan } from "../../drills/clients/pace.ts";
import { startProber } from "../../drills/clients/prober.ts";
import type { SwitchTime } from "./stage.ts";
import { everyMs, holdThrough, proxiesOf, type SwitchStage } from "./stage.ts";

const heldEach = 100;

export interface BetweenLiving {
  readonly times: readonly SwitchTime[];
  readonly requests: number;
  readonly failed: number;
  /** Long connections that ended: nothing has failed, so none may. */
  readonly lost: number;
}

/**
 * The preference goes to and fro between two proxies that both work, while clients hold long connections through both
 * and make new ones.
 */
export async function switchBetweenLiving(stage: SwitchStage, switches: number): Promise<BetweenLiving> {
  const { pair, actuator, signal, restore } = stage;
  const [one, other] = proxiesOf(pair).pair;
  const held = [await holdThrough(stage, one, heldEach), await holdThrough(stage, other, heldEach)];
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
