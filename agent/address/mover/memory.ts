import * as z from "zod";

/** What a node remembers of its time as MASTER. */

/** The longest wait until the address is taken again from a peer that does not answer. */
export const maxHoldOffMs = 40_000;

/** What is kept over a restart; the rest is found out again. */
const Kept = z.object({
  /** The time as MASTER that the rest is about, by when it began; null before the first. */
  vrrpAtMs: z.nullable(z.number()),
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
  /** Since when it misses the address and nobody else may have it, epoch; null while that is not so. */
  readonly sinceMs: number | null;
  /** When AWS accepted a move whose effect is not seen yet, epoch. */
  readonly acceptedAtMs: number | null;
  /** Since when it does not know whether it has the address, epoch. */
  readonly unknownSinceMs: number | null;
  /** Since when it lets a peer go first, epoch. */
  readonly deferredSinceMs: number | null;
  /** Whether a peer said the last time it was heard that it is MASTER as well and has the address. */
  readonly heard: boolean;
  /** Whether it said so twice in a row. */
  readonly contested: boolean;
  /** Whether that peer did not answer the last time. */
  readonly unheard: boolean;
}

export const emptyMoverMemory: MoverMemory = {
  ...{ vrrpAtMs: null, had: false, losses: 0, holdOffUntilMs: 0 },
  ...{ wants: false, sinceMs: null, acceptedAtMs: null, unknownSinceMs: null, deferredSinceMs: null },
  ...{ heard: false, contested: false, unheard: false },
};

/** What of a memory is kept over a restart. */
export function keptOf(memory: MoverMemory): z.infer<typeof Kept> {
  return Kept.parse(memory);
}

/** Checks what was remembered, from any source; anything malformed counts as an empty memory. */
export function adoptMover(remembered: unknown): MoverMemory {
  return { ...emptyMoverMemory, ...Kept.safeParse(remembered).data };
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
export function notLater(memory: MoverMemory, nowMs: number): MoverMemory {
  const past = (atMs: number | null) => (atMs === null ? null : Math.min(atMs, nowMs));
  return {
    ...memory,
    sinceMs: past(memory.sinceMs),
    acceptedAtMs: past(memory.acceptedAtMs),
    deferredSinceMs: past(memory.deferredSinceMs),
    unknownSinceMs: past(memory.unknownSinceMs),
    holdOffUntilMs: Math.min(memory.holdOffUntilMs, nowMs + maxHoldOffMs),
  };
}
