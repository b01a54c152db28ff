import { type Cause, type OfflineCause, offlineCauses } from "../observation.ts";

/** A failed step of a probe; the steps throw nothing else. */
export class ProbeFailure extends Error {
  readonly reason: Cause;

  constructor(reason: Cause) {
    super(reason);
    this.reason = reason;
  }

  /** No TCP connection was established: the port itself is dead. */
  get offline(): boolean {
    return offlineCauses.includes(this.reason as OfflineCause);
  }
}

/** The cause of an error on a connected socket. */
export function failureOf(error: unknown, otherwise: Cause): ProbeFailure {
  return new ProbeFailure(closedEarly.has(codeOf(error)) ? "closed-early" : otherwise);
}

/** The system's or Node's name for an error; empty where it has none. */
export function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}

const noLongerNeeded = "the result is no longer needed";

const closedEarly = new Set(["ECONNRESET", "EPIPE"]);

/** The time limits of one probe: first for the TCP connection, then for all requests together. */
export interface Deadline {
  /** Aborted with a ProbeFailure: connect-timeout or request-timeout. */
  readonly signal: AbortSignal;
  /** Starts the time for the requests; further calls change nothing. */
  connected(): void;
  /** Calls back when half of the time for the requests is over. */
  atHalfTime(run: () => void): void;
  /** The result is no longer needed. */
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
      // Without a reason of its own, each probe would make an Error with a stack trace.
      controller.abort(noLongerNeeded);
    },
  };
}
