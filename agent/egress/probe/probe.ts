import type { EgressGroupConfig, EgressServerConfig } from "../../../contract/egressConfig.ts";
import type { ServerState } from "../../../contract/egressPage.ts";
import { steadyNowMs } from "../../daemon/clock.ts";
import type { Observation } from "../observation.ts";
import { type Site, siteOf } from "./answer.ts";
import { attempt } from "./attempt.ts";
import { type Deadline, ProbeFailure, startDeadline } from "./failure.ts";
import type { Trust } from "./tls.ts";

export interface ProbeOptions {
  /** One or two http(s) addresses. */
  readonly targets: readonly string[];
  /** Asked instead of the targets where the exit has to be Cloudflare WARP. */
  readonly warpTrace: string;
  readonly connectTimeoutMs: number;
  readonly requestTimeoutMs: number;
  /** One for all probes of a config: `trustOf(ca)`. */
  readonly trust: Trust;
  /** Ms since the epoch, never set back. */
  readonly clock: () => number;
}

/** The options of a group's probes, with this machine's clock. */
export function probeOptions(group: EgressGroupConfig, trust: Trust): ProbeOptions {
  return { ...group.probe, targets: group.targets, warpTrace: group.warpTrace, trust, clock: steadyNowMs };
}

/**
 * Measures a proxy: a TCP connection to it within connectTimeoutMs, then a real request through it within
 * requestTimeoutMs, both targets together. The second target is asked as soon as the first fails, and beside the
 * first once half of that time is over; the first that answers with a status below 500 proves the tunnel, and its
 * request alone is the latency. Where both fail, the first one's failure is the cause.
 * Never rejects, and leaves no socket behind.
 */
export async function probeServer(server: EgressServerConfig, options: ProbeOptions): Promise<Observation> {
  const observed = (state: ServerState, rest: Pick<Observation, "cause" | "latencyMs">): Observation => ({
    server: server.name,
    atMs: options.clock(),
    state,
    ...rest,
  });
  try {
    return observed("online", { cause: null, latencyMs: await latencyOf(server, options) });
  } catch (error) {
    const failure = error instanceof ProbeFailure ? error : new ProbeFailure("local-error");
    return observed(failure.offline ? "offline" : "degraded", { cause: failure.reason, latencyMs: null });
  }
}

async function latencyOf(server: EgressServerConfig, options: ProbeOptions): Promise<number> {
  const { connectTimeoutMs, requestTimeoutMs, trust } = options;
  const [first, second] = server.warp
    ? [siteOf(options.warpTrace, "GET")]
    : options.targets.map((target) => siteOf(target, "HEAD"));
  if (first === undefined) throw new ProbeFailure("local-error");
  const deadline = startDeadline(connectTimeoutMs, requestTimeoutMs);
  const ask = (target: Site): Promise<number> =>
    attempt(server, target, {
      trust,
      signal: deadline.signal,
      limitMs: connectTimeoutMs + requestTimeoutMs,
      onConnected: deadline.connected,
    });
  try {
    const asked = ask(first);
    if (second === undefined) return await asked;
    return await Promise.any([asked, itsTurn(asked, deadline).then(() => ask(second))]);
  } catch (error) {
    throw error instanceof AggregateError ? error.errors[0] : error;
  } finally {
    deadline.end();
  }
}

/** Resolves when the second target is due; never, where the first answers before. Rejects where the proxy is offline. */
function itsTurn(first: Promise<number>, deadline: Deadline): Promise<void> {
  return new Promise((resolve, reject) => {
    deadline.atHalfTime(resolve);
    first.catch((failure: unknown) => {
      if (failure instanceof ProbeFailure && failure.offline) reject(failure);
      else resolve();
    });
  });
}
