import { steadyNowMs } from "../../daemon/clock.ts";

/** The mover's time; in tests it passes as the test says. */
export interface MoverClock {
  /** Epoch; only advances. */
  nowMs(): number;
  /** Resolves after so many ms, or once `end` is called. */
  pause(ms: number): Pause;
  /** From 0 up to 1. */
  random(): number;
}

interface Pause {
  readonly ended: Promise<void>;
  end(): void;
}

export const hostClock: MoverClock = {
  nowMs: steadyNowMs,
  pause: (ms) => {
    let end = (): void => {};
    const ended = new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      end = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    return { ended, end };
  },
  random: Math.random,
};
