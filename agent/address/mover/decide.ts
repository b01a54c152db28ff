import * as z from "zod";
import type { AddressPage, VrrpState } from "../../../contract/addressPage.ts";
import { holdDownMs } from "../../daemon/holdDown.ts";

/** What a peer that answers says of itself. */
export interface PeerWord extends Pick<AddressPage, "vrrp" | "mine" | "move"> {
  /** Of two nodes that want the address at the same time, the one that goes first. */
  readonly goesFirst: boolean;
}

export interface MoverInput {
  /** Epoch. */
  readonly nowMs: number;
  /** Null while keepalived does not run. */
  readonly vrrp: VrrpState | null;
  /** Whether AWS delivers the address to this node; null until that was found out. */
  readonly mine: boolean | null;
  /** Absent before they were asked. */
  readonly peers?: { readonly answers: readonly PeerWord[]; readonly silent: boolean };
}

/**
 * What a node does meanwhile. `idle`: not MASTER. `losing`: not MASTER, and still has the address. `holding`: MASTER with
 * the address. `confirming`: AWS accepted a move, whose effect is not seen yet. `waiting`: MASTER without the address.
 */
export type Phase = "idle" | "losing" | "holding" | "confirming" | "waiting";

type Action =
  | { readonly kind: "ask" | "move" }
  /** Nothing is due for so long, unless keepalived's state changes. */
  | { readonly kind: "wait"; readonly phase: Phase; readonly ms: number };

export interface Decision {
  readonly memory: MoverMemory;
  readonly action: Action;
}

/** A move whose effect is not seen after this time is asked for again. */
const confirmMs = 5000;
/** A peer that is about to move the address, or does not know whether it has it, is given this long. */
const deferMs = 2000;
/** A peer that took the address and does not answer: the time until it is taken again, doubled each time. */
const firstHoldOffMs = 10_000;
const maxHoldOffMs = 40_000;

const every = { idle: 2000, losing: 250, holding: 1000, confirming: 100, contested: 250, holdOff: 1000 };
const askAgainMs = 50;

/**
 * What a node does about the address now. Only a MASTER takes it, and only after asking its peers: one that is MASTER
 * and has it keeps it, because it is protocol 112 that fails then. A peer that took the address from this node and does
 * not answer may do the same on its side of a partition: the two would take it in turns, so this node waits, each time
 * longer. Where both want it at once, both say so on their pages before they ask, and one of them goes first.
 */
export function decideMove(before: MoverMemory, input: MoverInput): Decision {
  const { nowMs, vrrp, mine, peers } = input;
  if (vrrp !== "MASTER") {
    const phase = mine === true ? "losing" : "idle";
    return { memory: emptyMoverMemory, action: { kind: "wait", phase, ms: every[phase] } };
  }
  const memory: MoverMemory = before.master ? notLater(before, nowMs) : { ...emptyMoverMemory, master: true };
  const waitFor = (more: Partial<MoverMemory>, ms: number, phase: Phase = "waiting"): Decision => ({
    memory: { ...memory, wants: false, ...more },
    action: { kind: "wait", phase, ms },
  });
  if (mine === true) {
    const { losses } = memory;
    return waitFor({ ...emptyMoverMemory, master: true, had: true, losses }, every.holding, "holding");
  }
  if (mine === null) return waitFor({}, every.contested);

  const { acceptedAtMs } = memory;
  const confirming = acceptedAtMs !== null && nowMs - acceptedAtMs < confirmMs;
  if (confirming) return waitFor({}, every.confirming, "confirming");
  const missing: MoverMemory = {
    ...memory,
    sinceMs: memory.sinceMs ?? nowMs,
    acceptedAtMs: null,
    // A move that was accepted and never seen: somebody else may have taken the address meanwhile.
    had: memory.had || acceptedAtMs !== null,
  };
  if (peers === undefined) return { memory: { ...missing, wants: true }, action: { kind: "ask" } };

  const masters = peers.answers.filter((peer) => peer.vrrp === "MASTER");
  if (masters.some((peer) => peer.mine === true || peer.move === "accepted"))
    return waitFor(
      { ...missing, wants: false, contested: true, unheard: false, deferredSinceMs: null },
      every.contested,
    );
  const rival = masters.find((peer) => peer.mine === null || peer.move === "requested");
  const deferredSinceMs = missing.deferredSinceMs ?? nowMs;
  if (rival !== undefined && nowMs - deferredSinceMs < deferMs) {
    const wants = !rival.goesFirst;
    return waitFor({ ...missing, wants, contested: false, deferredSinceMs }, wants ? 30 : 100);
  }
  // A busy peer answers late once in a while, and one that has the address is not to lose it for that.
  if (memory.contested && peers.silent && !memory.unheard)
    return waitFor({ ...missing, wants: false, unheard: true }, askAgainMs);
  return afterAsking({ ...missing, contested: false, unheard: false }, nowMs, peers.silent);
}

/** No peer that answers keeps the address. */
function afterAsking(memory: MoverMemory, nowMs: number, silent: boolean): Decision {
  const { had, losses } = memory;
  const taken = silent && had;
  const holdOffMs = holdDownMs(losses + 1, firstHoldOffMs, maxHoldOffMs);
  const next: MoverMemory = taken
    ? { ...memory, had: false, losses: losses + 1, holdOffUntilMs: nowMs + holdOffMs }
    : { ...memory, had: false };
  const leftMs = next.holdOffUntilMs - nowMs;
  if (!silent || leftMs <= 0) return { memory: { ...next, wants: true }, action: { kind: "move" } };
  const ms = Math.min(leftMs, every.holdOff);
  return { memory: { ...next, wants: false }, action: { kind: "wait", phase: "waiting", ms } };
}

/** What a node knows after AWS accepted its move. */
export function moveAccepted(memory: MoverMemory, nowMs: number): MoverMemory {
  return { ...memory, wants: false, acceptedAtMs: nowMs, holdOffUntilMs: 0 };
}

/** What a node knows after its move failed: until the next try, a peer may go first. */
export function moveFailed(memory: MoverMemory): MoverMemory {
  return { ...memory, wants: false };
}

/** A clock that was set back must not prolong anything. */
function notLater(memory: MoverMemory, nowMs: number): MoverMemory {
  const past = (atMs: number | null) => (atMs === null ? null : Math.min(atMs, nowMs));
  return {
    ...memory,
    sinceMs: past(memory.sinceMs),
    acceptedAtMs: past(memory.acceptedAtMs),
    deferredSinceMs: past(memory.deferredSinceMs),
    holdOffUntilMs: Math.min(memory.holdOffUntilMs, nowMs + maxHoldOffMs),
  };
}

/** What is kept over a restart; the rest is found out again. */
const Kept = z.object({
  master: z.boolean(),
  /** Whether it had the address as this MASTER. */
  had: z.boolean(),
  /** How often a silent peer took the address from this MASTER; each doubles the time until it is taken again. */
  losses: z.int().min(0),
  /** Epoch; 0 where nothing is waited for. */
  holdOffUntilMs: z.number().min(0),
});

/** What a node remembers of its time as MASTER, as plain data. */
export interface MoverMemory extends Readonly<z.infer<typeof Kept>> {
  /** Whether it is about to ask AWS for the address. */
  readonly wants: boolean;
  /** Since when it is MASTER without the address, epoch; null while it is not. */
  readonly sinceMs: number | null;
  /** When AWS accepted a move whose effect is not seen yet, epoch. */
  readonly acceptedAtMs: number | null;
  /** Since when it lets a peer go first, epoch. */
  readonly deferredSinceMs: number | null;
  /** Whether a peer is MASTER as well and has the address. */
  readonly contested: boolean;
  /** Whether that peer did not answer the last time. */
  readonly unheard: boolean;
}

export const emptyMoverMemory: MoverMemory = {
  ...{ master: false, had: false, losses: 0, holdOffUntilMs: 0 },
  ...{ wants: false, sinceMs: null, acceptedAtMs: null, deferredSinceMs: null },
  ...{ contested: false, unheard: false },
};

/** What of a memory is kept over a restart. */
export function keptOf(memory: MoverMemory): z.infer<typeof Kept> {
  return Kept.parse(memory);
}

/** Checks what was remembered, from any source; anything malformed counts as an empty memory. */
export function adoptMover(remembered: unknown): MoverMemory {
  return { ...emptyMoverMemory, ...Kept.safeParse(remembered).data };
}
