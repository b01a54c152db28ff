/** How often HAProxy may be restarted: beyond that a restart does not help, and the node leaves its address to the peer. */
export const restarts = { most: 3, withinS: 600 } as const;

/** The restarts that still count. @param atS when each was, s on the clock of `nowS`: since the boot, as nobody sets that */
export function counted(atS: readonly number[], nowS: number): readonly number[] {
  return atS.filter((one) => one <= nowS && nowS - one < restarts.withinS);
}

/** s until another restart is allowed; 0 where it is now. */
export function waitS(atS: readonly number[], nowS: number): number {
  const still = counted(atS, nowS).toSorted((one, other) => one - other);
  const freed = still[still.length - restarts.most];
  return freed === undefined ? 0 : Math.ceil(freed + restarts.withinS - nowS);
}
