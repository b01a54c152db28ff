import * as z from "zod";
import { failuresLeft, holdDownMs } from "../daemon/holdDown.ts";

/** A peer that answers. */
export interface VipPeer {
  /** Essential groups of this pair without a usable server there. */
  readonly dead: readonly string[];
  readonly givenUp: boolean;
  readonly holder: boolean;
  /** Whether keepalived and haproxy run there. */
  readonly able: boolean;
}

export interface VipInput {
  /** Epoch. */
  readonly nowMs: number;
  /** Essential groups without a usable server here. */
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
 * A node that was cut off reaches its peers again before its own checks find its egress alive: for this long after it
 * was alone, its dead groups do not count.
 */
const aloneForgottenMs = 5000;

/** A holder that gives up says so in its last advert, and a peer takes over at once: after this long, none will. */
const unheldMs = 3000;

/**
 * Whether this node gives the virtual address up, or is fit for it again. It gives up only for a peer that can take the
 * address, that has not given up itself, and whose dead groups are fewer and all among its own: so two nodes never give
 * up for each other, and where all are equally dead nothing moves. It decides after finding this twice, with every
 * server of its dead groups measured in between, so that one short failure moves nothing. It is fit again at once when
 * no peer is better off or none took the address; otherwise once everything of its own has worked for the hold-down,
 * which doubles with each give-up.
 */
export function decideVip(memory: VipMemory, input: VipInput): VipMemory {
  const fit = input.peers.filter(({ able, givenUp }) => able && !givenUp);
  return memory.givenUp ? afterGivingUp(memory, input, fit) : beforeGivingUp(memory, input, fit);
}

function beforeGivingUp(memory: VipMemory, input: VipInput, fit: readonly VipPeer[]): VipMemory {
  const { nowMs, dead, measuredAtMs, holder, peers, maxHoldDownMs } = input;
  const alone = dead.length > 0 && peers.length === 0;
  const aloneAtMs = alone ? nowMs : Math.min(memory.aloneAtMs, nowMs);
  // A clock that was set back must not prolong anything.
  const keepsUntilMs = Math.min(memory.keepsUntilMs, nowMs + maxHoldDownMs);
  const gaveUpAtMs = Math.min(memory.gaveUpAtMs, nowMs);
  const giveUps = failuresLeft(memory.giveUps, { lastAtMs: gaveUpAtMs, nowMs, forgetMs: maxHoldDownMs * 2 });
  const kept: VipMemory = { ...memory, giveUps, gaveUpAtMs, keepsUntilMs, aloneAtMs };
  const may = holder && nowMs >= keepsUntilMs && nowMs - aloneAtMs >= aloneForgottenMs;
  if (!may || !fit.some((peer) => isPart(peer.dead, dead))) return { ...kept, suspectedBy: null };
  const { suspectedBy } = memory;
  if (suspectedBy === null) return { ...kept, suspectedBy: measuredAtMs };
  if (Object.entries(measuredAtMs).some(([server, atMs]) => suspectedBy[server] === atMs)) return kept;
  return { ...kept, givenUp: true, suspectedBy: null, giveUps: giveUps + 1, gaveUpAtMs: nowMs };
}

function afterGivingUp(memory: VipMemory, input: VipInput, fit: readonly VipPeer[]): VipMemory {
  const { nowMs, dead, holder, peers, holdDownMs: firstHoldDownMs, maxHoldDownMs } = input;
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
  const waitMs = holdDownMs(memory.giveUps, firstHoldDownMs, maxHoldDownMs);
  return nowMs - worksSinceMs >= waitMs ? back : { ...away, worksSinceMs };
}

/** Whether `some` are among `all` and fewer. */
function isPart(some: readonly string[], all: readonly string[]): boolean {
  return some.length < all.length && some.every((name) => all.includes(name));
}

const Ms = z.number().min(0);

/** What is kept over a restart; the rest is observed again. */
const Kept = z.object({
  /** Whether the track file keeps this node from the virtual address. */
  givenUp: z.boolean(),
  /** Give-ups that are not forgotten yet; each doubles the hold-down. */
  giveUps: z.int().min(0),
  /** Epoch; 0 where there was none. */
  gaveUpAtMs: Ms,
  /** Until then it does not give up, because no peer took the address last time; epoch, 0 where that never happened. */
  keepsUntilMs: Ms,
  /** When this node last found its egress dead and no peer, epoch; 0 where it never did. */
  aloneAtMs: Ms,
});

/** When each server of the dead groups was last measured, epoch, by `group/server`. */
type Measured = Readonly<Record<string, number>>;

/** A node's own give-ups, as plain data. */
export interface VipMemory extends Readonly<z.infer<typeof Kept>> {
  /** The measurements with which a peer was first found better off; null while none is. */
  readonly suspectedBy: Measured | null;
  /** While it has given up: since when all its own groups work again, epoch; null while they do not. */
  readonly worksSinceMs: number | null;
  /** Since when no node is seen to hold the address that it gave up, epoch; null while one is. */
  readonly unheldSinceMs: number | null;
}

export const emptyVipMemory: VipMemory = {
  givenUp: false,
  suspectedBy: null,
  worksSinceMs: null,
  unheldSinceMs: null,
  giveUps: 0,
  gaveUpAtMs: 0,
  keepsUntilMs: 0,
  aloneAtMs: 0,
};

/** Checks what was remembered, from any source; anything malformed counts as an empty memory. */
export function adoptVip(remembered: unknown): VipMemory {
  return { ...emptyVipMemory, ...Kept.safeParse(remembered).data };
}
