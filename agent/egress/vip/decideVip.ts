import type { Measured, VipMemory } from "./vipMemory.ts";

/** A peer that answers. */
export interface VipPeer {
  /** Essential groups of this pair of which nothing is usable there. */
  readonly dead: readonly string[];
  readonly givenUp: boolean;
  readonly holder: boolean;
  /** Whether keepalived and haproxy run there. */
  readonly able: boolean;
}

export interface VipInput {
  /** Epoch. */
  readonly nowMs: number;
  /** Essential groups of which nothing is usable here. */
  readonly dead: readonly string[];
  readonly measuredAtMs: Measured;
  /** Whether the virtual address is here. */
  readonly holder: boolean;
  /** Only those that answered. */
  readonly peers: readonly VipPeer[];
  readonly holdDownMs: number;
  readonly maxHoldDownMs: number;
}

/**
 * A node that was cut off from everybody reaches its peers again before its own checks have found its egress alive:
 * so long after it was alone, what it holds for dead says nothing.
 */
const aloneForgottenMs = 5000;

/** A holder that gives up says so in its last advert, and its peer has the address at once: by then nobody will. */
const unheldMs = 3000;

/**
 * Whether this node is to give the virtual address up, or to be fit for it again. It gives up only for a peer that is
 * able to take it, whose dead groups are a part of its own and which has not given up itself: so two nodes never give
 * up for each other, and where all are equally dead nobody moves. Twice it has to find so, with every server of its
 * dead groups measured anew in between: one measurement may fall into a blink. It is fit again at once when no peer is
 * better off any more or nobody took the address, and otherwise when everything of its own has worked for the
 * hold-down, which doubles with each give-up.
 */
export function decideVip(memory: VipMemory, input: VipInput): VipMemory {
  const fit = input.peers.filter(({ able, givenUp }) => able && !givenUp);
  return memory.givenUp ? afterGivingUp(memory, input, fit) : beforeGivingUp(memory, input, fit);
}

function beforeGivingUp(memory: VipMemory, input: VipInput, fit: readonly VipPeer[]): VipMemory {
  const { nowMs, dead, measuredAtMs, holder, peers, maxHoldDownMs } = input;
  const alone = dead.length > 0 && peers.length === 0;
  const aloneAtMs = alone ? nowMs : Math.min(memory.aloneAtMs, nowMs);
  // A clock that was set back makes nothing last longer than it may.
  const keepsUntilMs = Math.min(memory.keepsUntilMs, nowMs + maxHoldDownMs);
  const gaveUpAtMs = Math.min(memory.gaveUpAtMs, nowMs);
  const giveUps = nowMs - gaveUpAtMs >= maxHoldDownMs * 2 ? 0 : memory.giveUps;
  const kept: VipMemory = { ...memory, giveUps, gaveUpAtMs, keepsUntilMs, aloneAtMs };
  const may = holder && nowMs >= keepsUntilMs && nowMs - aloneAtMs >= aloneForgottenMs;
  if (!may || !fit.some((peer) => isPart(peer.dead, dead))) return { ...kept, suspectedBy: null };
  const { suspectedBy } = memory;
  if (suspectedBy === null) return { ...kept, suspectedBy: measuredAtMs };
  if (Object.entries(measuredAtMs).some(([server, atMs]) => suspectedBy[server] === atMs)) return kept;
  return { ...kept, givenUp: true, suspectedBy: null, giveUps: giveUps + 1, gaveUpAtMs: nowMs };
}

function afterGivingUp(memory: VipMemory, input: VipInput, fit: readonly VipPeer[]): VipMemory {
  const { nowMs, dead, holder, peers, holdDownMs, maxHoldDownMs } = input;
  const back: VipMemory = { ...memory, givenUp: false, worksSinceMs: null, unheldSinceMs: null };
  const held = holder || peers.some((peer) => peer.holder);
  const unheldSinceMs = held ? null : Math.min(memory.unheldSinceMs ?? nowMs, nowMs);
  if (unheldSinceMs !== null && nowMs - unheldSinceMs >= unheldMs)
    return { ...back, keepsUntilMs: nowMs + maxHoldDownMs };
  const away: VipMemory = { ...memory, unheldSinceMs };
  if (dead.length > 0)
    return fit.some((peer) => isPart(peer.dead, dead)) ? { ...away, worksSinceMs: null } : back;
  if (!fit.some((peer) => peer.dead.length === 0)) return back;
  const worksSinceMs = Math.min(memory.worksSinceMs ?? nowMs, nowMs);
  const waitMs = Math.min(holdDownMs * 2 ** (memory.giveUps - 1), maxHoldDownMs);
  return nowMs - worksSinceMs >= waitMs ? back : { ...away, worksSinceMs };
}

/** Whether `some` are among `all` and fewer. */
function isPart(some: readonly string[], all: readonly string[]): boolean {
  return some.length < all.length && some.every((name) => all.includes(name));
}
