/** A node took or lost the virtual address; `atMs` on the monotonic clock. */
export interface HolderChange {
  readonly atMs: number;
  readonly node: string;
  readonly holds: boolean;
}

/**
 * Adds what happened last. The kernel's times are of another clock, and a conversion is wrong by up to a millisecond: a
 * node that takes the address and gives it up at once must not seem to do so in the other order.
 */
export function addChange(changes: HolderChange[], { atMs, ...change }: HolderChange): void {
  const earlier = changes.findLast(({ node }) => node === change.node);
  changes.push({ ...change, atMs: Math.max(atMs, earlier?.atMs ?? atMs) });
}

/** A span of time, ms on the monotonic clock. */
export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Total time within the span in which more than one node held the address, and in which no node did, ms. */
export function holding(
  changes: readonly HolderChange[],
  span: Span,
): { readonly twoHoldersMs: number; readonly noHolderMs: number } {
  let twoHoldersMs = 0;
  let noHolderMs = 0;
  for (const { fromMs, toMs, holders } of stretches(changes, span)) {
    if (holders > 1) twoHoldersMs += toMs - fromMs;
    if (holders === 0) noHolderMs += toMs - fromMs;
  }
  return { twoHoldersMs, noHolderMs };
}

/** How often a node took the address within the span. */
export function countMoves(changes: readonly HolderChange[], { fromMs, toMs }: Span): number {
  return changes.filter(({ atMs, holds }) => holds && atMs >= fromMs && atMs < toMs).length;
}

/** Time from the beginning of the span until exactly one node held the address for the rest of it, ms; or `Infinity`. */
export function oneHolderAfterMs(changes: readonly HolderChange[], span: Span): number {
  const last = stretches(changes, span).findLast(({ holders }) => holders !== 1);
  if (last === undefined) return 0;
  return last.toMs >= span.toMs ? Number.POSITIVE_INFINITY : last.toMs - span.fromMs;
}

/** The span cut at every change within it, with the number of holders in each piece. */
function stretches(
  changes: readonly HolderChange[],
  { fromMs, toMs }: Span,
): (Span & { readonly holders: number })[] {
  const ordered = changes.toSorted((a, b) => a.atMs - b.atMs);
  const holders = new Set<string>();
  const pieces: (Span & { readonly holders: number })[] = [];
  let begun = fromMs;
  for (const { atMs, node, holds } of ordered) {
    if (atMs >= toMs) break;
    const at = Math.max(atMs, fromMs);
    if (at > begun) pieces.push({ fromMs: begun, toMs: at, holders: holders.size });
    begun = at;
    if (holds) holders.add(node);
    else holders.delete(node);
  }
  if (toMs > begun) pieces.push({ fromMs: begun, toMs, holders: holders.size });
  return pieces;
}
