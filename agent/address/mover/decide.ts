import type { AddressPage, VrrpState } from "../../../contract/addressPage.ts";
import { holdDownMs } from "../../daemon/holdDown.ts";
import { emptyMoverMemory, type MoverMemory, maxHoldOffMs, notLater } from "./memory.ts";

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
  /** When that state began, in any unit: another number is another time in it. Null without a state. */
  readonly vrrpAtMs: number | null;
  /** Whether AWS delivers the address to this node; null until that was found out. */
  readonly mine: boolean | null;
  /** Absent before they were asked. */
  readonly peers?: Peers;
}

interface Peers {
  readonly answers: readonly PeerWord[];
  /** Whether one of them did not answer. */
  readonly silent: boolean;
}

/**
 * What a node does meanwhile. `idle`: not MASTER. `losing`: not MASTER, and still has the address. `holding`: MASTER with
 * the address. `confirming`: AWS accepted a move, whose effect is not seen yet. `waiting`: MASTER without the address.
 */
export type Phase = "idle" | "losing" | "holding" | "confirming" | "waiting";

type Action =
  /** `likely`: a move follows unless a peer objects, of which there is no sign. */
  | { readonly kind: "ask"; readonly likely: boolean }
  | { readonly kind: "move" }
  /** Nothing is due for so long, unless keepalived's state changes. */
  | { readonly kind: "wait"; readonly phase: Phase; readonly ms: number };

export interface Decision {
  readonly memory: MoverMemory;
  readonly action: Action;
}

/** A move whose effect is not seen after this time is asked for again. */
const confirmMs = 5000;
/** A MASTER that cannot find out whether it has the address asks for it after this time: nobody else may. */
const unknownMs = 3000;
/** The same for one that cannot see the effect either. */
const confirmUnseenMs = 30_000;
/** A peer that is about to move the address, or does not know whether it has it, is given this long. */
const deferMs = 2000;
/** A peer that took the address and does not answer: the time until it is taken again, doubled each time. */
const firstHoldOffMs = 10_000;

const every = {
  idle: 2000,
  losing: 250,
  holding: 1000,
  confirming: 100,
  unknown: 250,
  contested: 250,
  holdOff: 1000,
};
const askAgainMs = 50;

/**
 * What a node does about the address now. Only a MASTER takes it, and only after asking its peers: one that is MASTER
 * and has it keeps it, because it is protocol 112 that fails then. A peer that took the address from this node and does
 * not answer may do the same on its side of a partition: the two would take it in turns, so this node waits, each time
 * longer. A MASTER that cannot find out whether it has the address takes it as well: it does no harm to take what one has.
 * Where both want it at once, both say so on their pages before they ask, and one of them goes first.
 */
export function decideMove(before: MoverMemory, input: MoverInput): Decision {
  const { nowMs, vrrp, vrrpAtMs, mine, peers } = input;
  if (vrrp !== "MASTER") {
    const phase = mine === true ? "losing" : "idle";
    return { memory: emptyMoverMemory, action: { kind: "wait", phase, ms: every[phase] } };
  }
  const isSame = before.vrrpAtMs === vrrpAtMs;
  const memory: MoverMemory = isSame ? notLater(before, nowMs) : { ...emptyMoverMemory, vrrpAtMs };
  const waitFor = (more: Partial<MoverMemory>, ms: number, phase: Phase = "waiting"): Decision => ({
    memory: { ...memory, wants: false, ...more },
    action: { kind: "wait", phase, ms },
  });
  if (mine === true) {
    const { losses } = memory;
    return waitFor({ ...emptyMoverMemory, vrrpAtMs, had: true, losses }, every.holding, "holding");
  }
  const { acceptedAtMs } = memory;
  const seenMs = mine === null ? confirmUnseenMs : confirmMs;
  const confirming = acceptedAtMs !== null && nowMs - acceptedAtMs < seenMs;
  if (confirming) return waitFor({}, every.confirming, "confirming");
  const unknownSinceMs = mine === null ? (memory.unknownSinceMs ?? nowMs) : null;
  if (unknownSinceMs !== null && nowMs - unknownSinceMs < unknownMs)
    return waitFor({ unknownSinceMs }, every.unknown);

  const missing: MoverMemory = {
    ...memory,
    unknownSinceMs,
    sinceMs: memory.sinceMs ?? nowMs,
    acceptedAtMs: null,
    // A move that was accepted and never seen: somebody else may have taken the address meanwhile.
    had: memory.had || acceptedAtMs !== null,
  };
  return peers === undefined
    ? { memory: { ...missing, wants: true }, action: { kind: "ask", likely: isLikely(missing, nowMs) } }
    : decideAsked(missing, input, peers);
}

function isLikely(memory: MoverMemory, nowMs: number): boolean {
  const { unknownSinceMs, had, holdOffUntilMs, deferredSinceMs, contested, heard } = memory;
  return (
    unknownSinceMs === null &&
    !had &&
    holdOffUntilMs <= nowMs &&
    deferredSinceMs === null &&
    !contested &&
    !heard
  );
}

/** What a MASTER without the address does by the word of its peers. */
function decideAsked(memory: MoverMemory, { nowMs, mine }: MoverInput, peers: Peers): Decision {
  const waitFor = (more: Partial<MoverMemory>, ms: number): Decision => ({
    memory: { ...memory, wants: false, ...more },
    action: { kind: "wait", phase: "waiting", ms },
  });
  const masters = peers.answers.filter((peer) => peer.vrrp === "MASTER");
  // The time until the address is here counts from the moment from which on this node may have it.
  if (masters.some((peer) => peer.mine === true || peer.move === "accepted")) {
    const contested = memory.contested || memory.heard;
    const more = { heard: true, unheard: false, deferredSinceMs: null, sinceMs: null };
    // A holder that stops says so after its peer has become MASTER.
    return waitFor({ ...more, contested }, contested ? every.contested : askAgainMs);
  }
  const rival = masters.find((peer) => peer.mine === null || peer.move === "requested");
  const deferredSinceMs = memory.deferredSinceMs ?? nowMs;
  if (rival !== undefined) {
    // Of two that know nothing one alone may act, for as long as that lasts.
    const neverActs = mine === null && rival.mine === null && rival.goesFirst;
    const wants = !rival.goesFirst;
    if (neverActs || nowMs - deferredSinceMs < deferMs) {
      const more = { wants, contested: false, heard: false, deferredSinceMs };
      return waitFor(more, wants ? 30 : 100);
    }
  }
  // A busy peer answers late once in a while, and one that has the address is not to lose it for that.
  if (memory.heard && peers.silent && !memory.unheard) return waitFor({ unheard: true }, askAgainMs);
  return afterAsking({ ...memory, contested: false, heard: false, unheard: false }, nowMs, peers.silent);
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
  return { memory: { ...next, wants: false, sinceMs: null }, action: { kind: "wait", phase: "waiting", ms } };
}
