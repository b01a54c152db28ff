/** The holder fails once, and the node that comes back stays backup. */
export const oneMove = { moves: 1 } as const;

/** The address has no reason to move. */
export const staysPut = { moves: 0, twoHoldersMs: 0, noHolderMs: 0 } as const;
