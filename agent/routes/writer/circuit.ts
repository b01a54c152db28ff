import {
  BrokenCircuitError,
  CircuitState,
  ConsecutiveBreaker,
  circuitBreaker,
  handleWhen,
  IsolatedCircuitError,
} from "cockatiel";
import { messageOf } from "../../../base/failure.ts";
import type { ProblemCode } from "../../../contract/routes/problem.ts";
import type { RoutesConfig } from "../../../contract/routesConfig.ts";
import { RouteProblem } from "../problem.ts";

/** The breaker in front of changes, as health answers show it. */
export interface Circuit {
  readonly state: "CLOSED" | "OPEN" | "HALF_OPEN";
  readonly failureCount: number;
  readonly failureThreshold: number;
  /** ISO 8601, as `lastFailure`. */
  readonly lastStateChange: string;
  readonly lastFailure: string | null;
}

export interface WriteCircuit {
  /** Rejects at once where the circuit is open, without starting the work. */
  run<Result>(work: () => Promise<Result>): Promise<Result>;
  /** Opens it where something is known to be wrong, and closes it as soon as nothing is (null). */
  hold(problem: string | null): void;
  show(): Circuit;
}

/** What is not the caller's making, and would hit the next caller too. */
const failures: ReadonlySet<ProblemCode> = new Set(["refused", "internal", "unavailable", "timeout"]);

const states = {
  [CircuitState.Closed]: "CLOSED",
  [CircuitState.Open]: "OPEN",
  [CircuitState.HalfOpen]: "HALF_OPEN",
  [CircuitState.Isolated]: "OPEN",
} as const;

/**
 * The breaker in front of the store and HAProxy: callers of something that fails are told at once, and do not pile up.
 * @param onOpen called each time that it opens
 */
export function openCircuit(config: RoutesConfig["breaker"], onOpen: () => void): WriteCircuit {
  const breaker = new ConsecutiveBreaker(config.failures);
  const policy = circuitBreaker(handleWhen(isFailure), { breaker, halfOpenAfter: config.resetMs });
  let changedAt = new Date();
  let state: Circuit["state"] = "CLOSED";
  let failedAt: Date | undefined;
  /** Why it is open, or will be. */
  let reason = "";
  let held: { readonly dispose: () => void } | undefined;

  policy.onStateChange((next) => {
    changedAt = new Date();
    if (states[next] === "OPEN" && state !== "OPEN") onOpen();
    state = states[next];
  });
  policy.onFailure(({ handled, reason: failure }) => {
    if (!handled) return;
    failedAt = new Date();
    if ("error" in failure) reason = messageOf(failure.error);
  });

  return {
    run: async (work) => {
      // Of those who come while one tries, none waits for how that ends.
      if (policy.state === CircuitState.HalfOpen) throw open("another request tries whether it works again");
      try {
        return await policy.execute(work);
      } catch (error) {
        if (error instanceof IsolatedCircuitError) throw open(reason);
        if (error instanceof BrokenCircuitError)
          throw open(`${config.failures} changes in a row have failed, the last one with: ${reason}`);
        throw error;
      }
    },
    hold: (problem) => {
      if (problem === null) {
        if (held === undefined) return;
        held.dispose();
        held = undefined;
        breaker.success();
        return;
      }
      if (held === undefined) failedAt = new Date();
      reason = problem;
      held ??= policy.isolate();
    },
    show: () => ({
      state: states[policy.state],
      failureCount: breaker.state,
      failureThreshold: config.failures,
      lastStateChange: changedAt.toISOString(),
      lastFailure: failedAt?.toISOString() ?? null,
    }),
  };
}

function isFailure(error: unknown): boolean {
  return !(error instanceof RouteProblem) || failures.has(error.code);
}

function open(reason: string): RouteProblem {
  return new RouteProblem("circuit-open", `Circuit is open: ${reason}`);
}
