/** What a node knows of its own give-ups; plain data. */
export interface VipMemory {
  /** Whether the track file keeps this node from the virtual address. */
  readonly givenUp: boolean;
  /** Decisions in a row in which a peer was better off. */
  readonly worseFor: number;
  /** Since when everything of its own works again while it has given up, epoch; null while it does not. */
  readonly worksSinceMs: number | null;
  /** Give-ups that are not forgotten yet; each doubles the hold-down. */
  readonly giveUps: number;
  /** Epoch; 0 where there was none. */
  readonly gaveUpAtMs: number;
  /** When this node last found its egress dead and no peer, epoch; 0 where it never did. */
  readonly aloneAtMs: number;
}

/** A peer that answers and whose haproxy serves. */
export interface VipPeer {
  /** Essential groups of this pair of which nothing is usable there. */
  readonly dead: readonly string[];
  readonly givenUp: boolean;
}

export interface VipInput {
  /** Epoch. */
  readonly nowMs: number;
  /** Essential groups of which nothing is usable here. */
  readonly dead: readonly string[];
  /** Whether the virtual address is here. */
  readonly holder: boolean;
  /** Only those that answered. */
  readonly peers: readonly VipPeer[];
  readonly holdDownMs: number;
  readonly maxHoldDownMs: number;
}

export const emptyVipMemory: VipMemory = {
  givenUp: false,
  worseFor: 0,
  worksSinceMs: null,
  giveUps: 0,
  gaveUpAtMs: 0,
  aloneAtMs: 0,
};

/** So many decisions in a row have to find a better peer: one poll may fall into a blink. */
const confirmations = 2;

/**
 * A node that was cut off from everybody reaches its peers again before its own checks have found its egress alive:
 * so long after it was alone, what it holds for dead says nothing.
 */
const aloneForgottenMs = 5000;

/**
 * Whether this node is to give the virtual address up, or to be fit for it again. It gives up only for a peer whose
 * dead groups are a part of its own and which has not given up itself: so two nodes never give up for each other,
 * and where all are equally dead nobody moves. It is fit again at once when no peer is better off any more, and
 * otherwise when everything of its own has worked for the hold-down, which doubles with each give-up.
 */
export function decideVip(memory: VipMemory, input: VipInput): VipMemory {
  const fit = input.peers.filter(({ givenUp }) => !givenUp);
  return memory.givenUp ? afterGivingUp(memory, input, fit) : beforeGivingUp(memory, input, fit);
}

function beforeGivingUp(memory: VipMemory, input: VipInput, fit: readonly VipPeer[]): VipMemory {
  const { nowMs, dead, holder, peers, maxHoldDownMs } = input;
  const alone = dead.length > 0 && peers.length === 0;
  const aloneAtMs = alone ? nowMs : Math.min(memory.aloneAtMs, nowMs);
  const settled = nowMs - aloneAtMs >= aloneForgottenMs;
  const giveUps = nowMs - memory.gaveUpAtMs >= maxHoldDownMs * 2 ? 0 : memory.giveUps;
  const worse = settled && holder && fit.some((peer) => isPart(peer.dead, dead));
  const worseFor = worse ? memory.worseFor + 1 : 0;
  if (worseFor < confirmations) return { ...memory, giveUps, worseFor, aloneAtMs };
  return {
    givenUp: true,
    worseFor: 0,
    worksSinceMs: null,
    giveUps: giveUps + 1,
    gaveUpAtMs: nowMs,
    aloneAtMs,
  };
}

function afterGivingUp(memory: VipMemory, input: VipInput, fit: readonly VipPeer[]): VipMemory {
  const { nowMs, dead, holdDownMs, maxHoldDownMs } = input;
  const back: VipMemory = { ...memory, givenUp: false, worksSinceMs: null };
  if (dead.length > 0)
    return fit.some((peer) => isPart(peer.dead, dead)) ? { ...memory, worksSinceMs: null } : back;
  if (!fit.some((peer) => peer.dead.length === 0)) return back;
  const worksSinceMs = Math.min(memory.worksSinceMs ?? nowMs, nowMs);
  const waitMs = Math.min(holdDownMs * 2 ** (memory.giveUps - 1), maxHoldDownMs);
  return nowMs - worksSinceMs >= waitMs ? back : { ...memory, worksSinceMs };
}

/** Whether `some` are among `all` and fewer. */
function isPart(some: readonly string[], all: readonly string[]): boolean {
  return some.length < all.length && some.every((name) => all.includes(name));
}
