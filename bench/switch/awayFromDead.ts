import { setTimeout as delay } from "node:timers/promises";
import { runtimeClient } from "../../agent/haproxy/runtime.ts";
import type { EgressServerConfig } from "../../contract/egressConfig.ts";
import type { Tunnels } from "../../drills/clients/tunnels.ts";
import { haproxySocket, serverStates } from "../../drills/observe/daemons.ts";
import { egressOf } from "../../drills/pair.ts";
import { everyMs, holdThrough, proxiesOf, type SwitchSetup } from "./setup.ts";

const heldEach = 100;
/** After so many deaths of one proxy the two change places, and the connections of the other end. */
const deathsPerTurn = 100;

export interface AwayFromDead {
  readonly deaths: number;
  /** Long connections held on proxies that did not die. */
  readonly held: number;
  /** How many of these ended. */
  readonly lost: number;
  /** Long connections through the proxy that died: these have to end. */
  readonly ended: number;
  /** How many of these ended without an answer or an error for the client. */
  readonly silent: number;
}

/**
 * Marks the preferred proxy down in haproxy, which closes the sessions on it. As the agent would, prefers the other one
 * and closes what is still open on the dead one. Then the proxy is up and preferred again. Long connections through the
 * survivor and through the last resort must not notice.
 */
export async function switchAwayFromDead(setup: SwitchSetup, deaths: number): Promise<AwayFromDead> {
  const { pair, signal } = setup;
  const { switched, lastResort } = proxiesOf(pair);
  const bystanders = await holdThrough(setup, lastResort, heldEach);
  const counts = { deaths: 0, held: heldEach, lost: 0, ended: 0, silent: 0 };
  /** Long connections through the proxy that dies in this turn: it was the survivor of the turn before. */
  let ending: Tunnels | undefined;
  for (let turn = 0; counts.deaths < deaths; turn += 1) {
    const [dying, survivor] = turn % 2 === 0 ? switched : switched.toReversed();
    if (!dying || !survivor) throw new Error("two proxies are needed");
    const held = await holdThrough(setup, survivor, heldEach);
    for (let count = 0; count < deathsPerTurn; count += 1, counts.deaths += 1) {
      signal.throwIfAborted();
      await die(setup, dying, survivor);
    }
    await held.settled(signal);
    counts.held += held.exits.length;
    counts.lost += held.lost.length;
    if (ending) {
      const { ended, silent } = await assertEnded(ending, dying.name, signal);
      counts.ended += ended;
      counts.silent += silent;
    }
    ending = held;
  }
  await bystanders.settled(signal);
  return { ...counts, lost: counts.lost + bystanders.lost.length };
}

async function die(
  { pair, holder, actuator }: SwitchSetup,
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
  if (!state.startsWith("DOWN")) throw new Error(`${dying.name} was marked down and is ${state}`);
  await actuator.prefer(survivor.name);
  await actuator.close(dying.name);
  await delay(everyMs);
  await health("up");
}

/** @throws where a connection through the dead proxy is still open: then nothing was measured */
async function assertEnded(
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
