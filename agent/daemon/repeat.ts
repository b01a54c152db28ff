import { messageOf } from "../../base/failure.ts";

export interface Repeated {
  /** Begins no further turn; resolves when the one that runs has ended. */
  stop(): Promise<void>;
}

/**
 * Runs `work` now and every `everyMs`, and never a second time beside itself. `onTurn` is told how each turn ended:
 * what was wrong, or null.
 */
export function repeat(
  everyMs: number,
  work: () => Promise<void>,
  onTurn: (problem: string | null) => void,
): Repeated {
  let running: Promise<void> | undefined;
  const turn = (): void => {
    running ??= work()
      .then(
        () => onTurn(null),
        (error: unknown) => onTurn(messageOf(error)),
      )
      .finally(() => {
        running = undefined;
      });
  };
  turn();
  const timer = setInterval(turn, everyMs);
  return {
    stop: async () => {
      clearInterval(timer);
      await running;
    },
  };
}
