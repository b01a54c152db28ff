import { setTimeout as delay } from "node:timers/promises";
import { runtimeClient } from "../../agent/haproxy/runtime.ts";
import type { EgressServerConfig } from "../../contract/egressConfig.ts";
import type { Tunnels } from "../../drills/clients/tunnels.ts";
import { haproxySocket, serverStates } from "../../drills/observe/daemons.ts";
import { egressOf } from "../../drills/pair.ts";
import { everyMs, holdThrough, proxiesOf, type SwitchStage } from "./stage.ts";

const heldEach = 100;
/** After so many deaths of the one proxy it is the other's turn, whose connections then end. */
const deathsInTurn = 100;

export interface AwayFromDead {
  readonly deaths: number;
  /** Long connections held on proxies that did not die. */
  readonly held: number;
  /** Of these, those that ended. */
  readonly lost: number;
  /** Long connections through the proxy that died; they end with it. */
  readonly ended: number;
  /** Of these, those whose client nobody told. */
  readonly silent: number;
}

/**
 * The preferred proxy dies in haproxy's eyes, which closes what is open on it; as the agent does, the preference goes
 * to the other one and what is still open on the dead one is closed. Then it lives again and is preferred again. Long
 * connections through the survivor and through the last resort must not notice.
 */
export async function switchAwayFromDead(stage: SwitchStage, deaths: number): Promise<AwayFromDead> {
  const { pair, signal } = stage;
  const { pair: both, lastResort } = proxiesOf(pair);
  const bystanders = await holdThrough(stage, lastResort, heldEach);
  const counts = { deaths: 0, held: heldEach, lost: 0, ended: 0, silent: 0 };
  /** Through what is about to die: the survivors of the turn before. */
  let doomed: Tunnels | undefined;
  for (let turn = 0; counts.deaths < deaths; turn += 1) {
    const [dying, survivor] = turn % 2 === 0 ? both : both.toReversed();
    if (!dying || !survivor) throw new Error("two proxies are two in either order");
    const held = await holdThrough(stage, survivor, heldEach);
    for (let count = 0; count < deathsInTurn; count += 1, counts.deaths += 1) {
      signal.throwIfAborted();
      await die(stage, dying, survivor);
    }
    await held.settled(signal);
    counts.held += held.exits.length;
    counts.lost += held.lost.length;
    if (doomed) {
      const { ended, silent } = await endedAll(doomed, dying.name, signal);
      counts.ended += ended;
      counts.silent += silent;
    }
    doomed = held;
  }
  await bystanders.settled(signal);
  return { ...counts, lost: counts.lost + bystanders.lost.length };
}

async function die(
  { pair, holder, actuator }: SwitchStage,
  dying: EgressServerConfig,
  survivor: EgressServerConfig,
): Promise<void> {
  const { backend } = egressOf(pair);
  const runtime = runtimeClient(haproxySocket(pair.lab, holder), { timeoutMs: 1000 });
  const health = (state: "down" | "up") => runtime.do(`set server ${backend}/${dying.name} health ${state}`);
  await actuator.prefer(dying.name);
  await delay(everyMs);
  await health("down");
  const { [dying.name]: state = "unknown" } = await serverStates(pair.lab, holder, backend);
  if (!state.startsWith("DOWN")) throw new Error(`${dying.name} was to be dead and is ${state}`);
  await actuator.prefer(survivor.name);
  await actuator.close(dying.name);
  await delay(everyMs);
  await health("up");
}

/** @throws where a connection through a proxy outlived it: then no death did anything */
async function endedAll(
  tunnels: Tunnels,
  proxy: string,
  signal: AbortSignal,
): Promise<{ readonly ended: number; readonly silent: number }> {
  await tunnels.settled(signal);
  const open = tunnels.exits.length - tunnels.lost.length;
  if (open > 0) throw new Error(`${open} connections through ${proxy} are open after it died`);
  await tunnels.close();
  return {
    ended: tunnels.lost.length,
    silent: tunnels.lost.filter(({ cause }) => cause === "silent").length,
  };
}
