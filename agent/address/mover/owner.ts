import { messageOf } from "../../../base/failure.ts";
import { Ec2Error } from "../../aws/ec2Error.ts";
import type { Log } from "../../daemon/log.ts";
import type { MoverClock } from "./clock.ts";
import type { Phase } from "./decide.ts";
import type { Mode } from "./modes.ts";

/** What was last found out counts this long while looks fail. */
const staleMs = 3000;

/** Whether AWS delivers the address to this node, as far as that is known. */
export interface Owner {
  /** Null until it was found out, and again once looks have failed for some seconds. */
  mine(): boolean | null;
  /** What was last found out, however long ago; null where nothing was. */
  known(): boolean | null;
  /** Whether the address was missed once: a second look is due soon, and then connections to it are ended. */
  isLeaving(): boolean;
  /** Why the last look failed. */
  problem(): string | null;
  /** Looks, unless the last look was not long ago; never rejects. */
  look(phase: Phase): Promise<void>;
  /** Makes the next look due at once. */
  hasten(): void;
}

export interface OwnerTools {
  readonly mode: Pick<Mode, "look" | "lookEveryMs">;
  readonly log: Log;
  readonly clock: MoverClock;
  /** A call of the API failed, with AWS's own code. */
  failed(code: string): void;
  /** The address is here, and was not; or the other way round. */
  changed(isHere: boolean): void;
  /** The address was here, and two looks in a row have missed it. */
  left(): void;
}

/** `known` is what the last program found out: connections outlive it. */
export function openOwner(tools: OwnerTools, known: boolean | null): Owner {
  const { mode, log, clock } = tools;
  let last = known;
  let mine: boolean | null = null;
  let leaving = false;
  let lookedAtMs = Number.NEGATIVE_INFINITY;
  let cappedUntilMs = 0;
  let failsSinceMs: number | null = null;
  let problem: string | null = null;

  function everyMs(phase: Phase): number {
    const { lookEveryMs } = mode;
    if (failsSinceMs !== null && phase === "idle") return lookEveryMs.waiting;
    // Where it is unknown, that holds everything up.
    return lookEveryMs[mine === null || leaving || failsSinceMs !== null ? "confirming" : phase];
  }

  function found(isHere: boolean): void {
    if (isHere !== (last ?? false)) tools.changed(isHere);
    if (!isHere && leaving) tools.left();
    leaving = !isHere && last === true;
    [last, mine, failsSinceMs, problem] = [isHere, isHere, null, null];
  }

  function failed(error: unknown): void {
    const nowMs = clock.nowMs();
    failsSinceMs ??= nowMs;
    if (nowMs - failsSinceMs >= staleMs) mine = null;
    const cappedMs = error instanceof Ec2Error ? error.cappedMs : undefined;
    if (cappedMs !== undefined) cappedUntilMs = nowMs + cappedMs;
    else if (error instanceof Ec2Error) tools.failed(error.code);
    // The cap is reached because of an earlier problem, which says more.
    if (cappedMs === undefined || problem === null) problem = messageOf(error);
  }

  return {
    mine: () => mine,
    known: () => last,
    isLeaving: () => leaving,
    problem: () => problem,
    look: async (phase) => {
      const nowMs = clock.nowMs();
      if (nowMs < Math.max(lookedAtMs + everyMs(phase), cappedUntilMs)) return;
      lookedAtMs = nowMs;
      await mode.look().then(found, failed);
      log.trouble("where the address is", problem);
    },
    hasten: () => {
      lookedAtMs = Number.NEGATIVE_INFINITY;
    },
  };
}
