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
