import type { Follower, NumberedChange, Snapshot } from "./store.ts";

/** Hands a follower what was read from the store: in order, one call at a time, and again what it has rejected. */
export interface Delivery {
  changes(changes: readonly NumberedChange[]): void;
  /** In place of whatever is waiting. */
  snapshot(snapshot: Snapshot): void;
  /** How many changes wait. */
  waiting(): number;
  /** Starts no further call; resolves when the current one has ended. */
  stop(): Promise<void>;
}

/**
 * @param againMs pause before what was rejected is told again
 * @param onTaken the follower has taken changes: fewer wait
 */
export function openDelivery(
  follower: Pick<Follower, "changes" | "snapshot">,
  againMs: number,
  onTaken: () => void = () => {},
): Delivery {
  let snapshot: Snapshot | undefined;
  let changes: readonly NumberedChange[] = [];
  let isTelling = false;
  let telling: Promise<void> = Promise.resolve();
  let again: NodeJS.Timeout | undefined;
  let isStopped = false;

  async function tell(): Promise<void> {
    isTelling = true;
    try {
      while (!isStopped && (snapshot !== undefined || changes.length > 0)) await tellOnce();
    } catch {
      // The follower itself says why.
      if (!isStopped) again = setTimeout(tellAgain, againMs);
    } finally {
      isTelling = false;
    }
  }

  async function tellOnce(): Promise<void> {
    if (snapshot !== undefined) {
      const told = snapshot;
      await follower.snapshot(told);
      // Another one may have come in the meantime.
      if (snapshot === told) snapshot = undefined;
      return;
    }
    const told = changes.length;
    await follower.changes(changes);
    // A snapshot that has come in the meantime has replaced them.
    if (snapshot === undefined) changes = changes.slice(told);
    onTaken();
  }

  function tellAgain(): void {
    again = undefined;
    start();
  }

  function start(): void {
    if (!isTelling && again === undefined) telling = tell();
  }

  return {
    changes: (more) => {
      changes = [...changes, ...more];
      start();
    },
    snapshot: (whole) => {
      snapshot = whole;
      changes = [];
      start();
    },
    waiting: () => changes.length,
    stop: async () => {
      isStopped = true;
      clearTimeout(again);
      await telling;
    },
  };
}
