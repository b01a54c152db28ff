import { openDelivery } from "./delivery.ts";
import type { ReadAnswer } from "./postgresAnswers.ts";
import type { News } from "./postgresMessage.ts";
import type { Follower, NumberedChange, Position } from "./store.ts";

/** Takes what a node reads from the database, or is told by it, to its follower: in order, and each change once. */
export interface Intake {
  /** The last change that was taken. */
  position(): Position | null;
  /** How many changes to read now. */
  most(): number;
  /** What became of an answer: not taken where it is of another history; `isMore`: there may be more to read at once. */
  read(answer: ReadAnswer): { readonly isTaken: boolean; readonly isMore: boolean };
  /** Whether nothing is left to read: these were the next changes, or old ones. */
  told(news: News): boolean;
  /** Resolves when the follower's current call has ended. */
  stop(): Promise<void>;
}

/** Pause before this node is told again what it could not take. */
const againMs = 500;
/** Changes of one read, and so many that wait for this node keep further ones from being read. */
const readMost = 1000;
const waitMost = 5000;

/** @param onRoom there is room again for changes that were left in the database */
export function openIntake(
  after: Position | null,
  follower: Pick<Follower, "changes" | "snapshot">,
  onRoom: () => void,
): Intake {
  let position = after;
  /** Whether changes were left in the database as too many wait here. */
  let isFull = false;
  const delivery = openDelivery(follower, againMs, () => {
    if (isFull) onRoom();
  });

  function most(): number {
    isFull = delivery.waiting() >= waitMost;
    return isFull ? 0 : readMost;
  }

  function hand(changes: readonly NumberedChange[]): void {
    const last = changes.at(-1);
    if (last === undefined) return;
    position = { version: last.version, mark: last.mark };
    delivery.changes(changes);
  }

  return {
    position: () => position,
    most,
    read: (answer) => {
      switch (answer.standing) {
        case "other":
          return { isTaken: false, isMore: false };
        case "stale": {
          const { version, mark, routes } = answer;
          position = { version, mark };
          delivery.snapshot({ version, mark, routes });
          return { isTaken: true, isMore: true };
        }
        case "same": {
          const { changes, version } = answer;
          hand(changes);
          const last = changes.at(-1)?.version ?? version;
          return { isTaken: true, isMore: last < version };
        }
      }
    },
    told: ({ after: version, mark, changes }) => {
      if (position === null) return false;
      const last = changes.at(-1)?.version ?? 0;
      if (last <= position.version) return true;
      // After a gap, or of another history, they are not the next ones of this node.
      const isNext = version === position.version && mark === position.mark;
      if (!isNext || most() === 0) return false;
      hand(changes);
      return true;
    },
    stop: () => delivery.stop(),
  };
}
