import { messageOf } from "../../base/failure.ts";

export interface Repeated {
  /** Starts no further turn; resolves when the current one has ended. */
  stop(): Promise<void>;
}

/**
 * Runs `work` now and every `everyMs`, never twice at a time. After each turn `onTurn` gets the problem, or null.
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
