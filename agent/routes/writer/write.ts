import type { Transaction, TransactionResult } from "../../../contract/routes/change.ts";

export interface Asker {
  readonly who: string;
  /** The same key of the same asker within a day is the same request: it is made once. */
  readonly idempotencyKey?: string;
}

/** The breaker in front of changes. */
interface Circuit {
  readonly state: "CLOSED" | "OPEN" | "HALF_OPEN";
  readonly failureCount: number;
  readonly failureThreshold: number;
  /** ISO 8601, as `lastFailure`. */
  readonly lastStateChange: string;
  readonly lastFailure: string | null;
}

export interface RouteWriter {
  /** Rejects with a RouteProblem. */
  write(transaction: Transaction, asker: Asker): Promise<TransactionResult>;
  circuit(): Circuit;
}
