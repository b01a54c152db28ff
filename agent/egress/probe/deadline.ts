import { ProbeFailure } from "./failure.ts";

/** The time of one probe: first for the TCP connection, then for all requests together. */
export interface Deadline {
  /** Aborted with the ProbeFailure that it means: connect-timeout or request-timeout. */
  readonly signal: AbortSignal;
  /** From here on the time for the requests runs; further calls change nothing. */
  connected(): void;
  /** Calls back when half of the time for the requests is over. */
  atHalfTime(run: () => void): void;
  /** Nobody waits any more. */
  end(): void;
}

export function startDeadline(connectTimeoutMs: number, requestTimeoutMs: number): Deadline {
  const controller = new AbortController();
  const abortAfter = (ms: number, cause: "connect-timeout" | "request-timeout"): NodeJS.Timeout =>
    setTimeout(() => controller.abort(new ProbeFailure(cause)), ms);
  let halfTime = (): void => {};
  let isConnected = false;
  let timers = [abortAfter(connectTimeoutMs, "connect-timeout")];
  const clear = (): void => timers.forEach(clearTimeout);
  return {
    signal: controller.signal,
    connected: () => {
      if (isConnected) return;
      isConnected = true;
      clear();
      timers = [
        abortAfter(requestTimeoutMs, "request-timeout"),
        setTimeout(() => halfTime(), requestTimeoutMs / 2),
      ];
    },
    atHalfTime: (run) => {
      halfTime = run;
    },
    end: () => {
      clear();
      controller.abort();
    },
  };
}
