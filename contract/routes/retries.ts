/**
 * How a request is sent to a target again. HAProxy 3.0 has number and causes for a backend as a whole, so there is one
 * backend made beforehand for each class that a route may have.
 */

/** HAProxy's own words for causes, each with those before it. */
export const retryCauses = ["conn-failure", "empty-response", "all-retryable-errors"] as const;
export type RetryCause = (typeof retryCauses)[number];

export const mostRetries = 3;
export const defaultRetries = 1;

/** Methods that change nothing: a request that a target may have seen is sent again with one of these alone (RFC 9110, 9.2.1). */
export const replayedMethods = ["GET", "HEAD", "OPTIONS"] as const;

/** What stands before a class in the name of its backend. */
export const retriesPrefix = "edge-retries";

export interface RetryClass {
  readonly name: string;
  readonly retries: number;
  /** As `retry-on` names them. */
  readonly causes: string;
}

const numbers = Array.from({ length: mostRetries }, (_, index) => index + 1);

/** A request that must not be replayed is told so by itself: `conn-failure` needs no class of its own. */
export const retryClasses: readonly RetryClass[] = [
  { name: "0", retries: 0, causes: "none" },
  ...numbers.map((retries) => ({
    ...{ name: String(retries), retries },
    causes: "conn-failure empty-response",
  })),
  ...numbers.map((retries) => ({ name: `${retries}-all`, retries, causes: "all-retryable-errors" })),
];

/** Name of the class of a route with one target. */
export function retryClassOf({
  retries = defaultRetries,
  retryOn,
}: {
  readonly retries?: number | undefined;
  readonly retryOn?: RetryCause | undefined;
}): string {
  return retryOn === "all-retryable-errors" && retries > 0 ? `${retries}-all` : String(retries);
}
