import { type Cause, type OfflineCause, offlineCauses } from "../observation.ts";

/** A step of a probe that did not work; nothing else is thrown between the steps. */
export class ProbeFailure extends Error {
  readonly reason: Cause;

  constructor(reason: Cause) {
    super(reason);
    this.reason = reason;
  }

  /** No TCP connection came about: the port itself is dead. */
  get offline(): boolean {
    return offlineCauses.includes(this.reason as OfflineCause);
  }
}

/** What to blame for an error of what runs on a connected socket. */
export function failureOf(error: unknown, otherwise: Cause): ProbeFailure {
  return new ProbeFailure(closedEarly.has(codeOf(error)) ? "closed-early" : otherwise);
}

/** The system's or Node's name for an error; empty where it has none. */
export function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}

const closedEarly = new Set(["ECONNRESET", "EPIPE"]);

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
