import { setTimeout as pause } from "node:timers/promises";
import { parsed, problemOf, RouteError } from "./error.ts";
import type { Exchange, Received, Sent } from "./transport.ts";

/** One try, ms: then another node is asked. */
const tryMs = 5000;
const firstPauseMs = 50;
const longestPauseMs = 1000;

/** Statuses after which the same request is sent again: too many requests, a gateway's, no answer in time. */
const again = [429, 502, 504];

/**
 * Asks one node after another until there is an answer, or the deadline. A change has an idempotency key, so it is made once
 * however often it is sent. A refusal is final, and so is an open circuit. Rejects with a RouteError.
 */
export async function askUntil(nodes: readonly Exchange[], sent: Sent, deadlineMs: number): Promise<unknown> {
  const endAt = performance.now() + deadlineMs;
  for (let count = 0; ; count += 1) {
    const leftMs = endAt - performance.now();
    const found = await attempt(nodes[count % nodes.length] as Exchange, sent, Math.min(leftMs, tryMs));
    if (!("failed" in found)) return found.body;
    const waitMs = found.waitMs ?? pauseOf(count);
    if (found.isFinal || performance.now() + waitMs >= endAt) throw found.failed;
    await pause(waitMs);
  }
}

type Tried =
  | { readonly body: unknown }
  | { readonly failed: RouteError; readonly isFinal: boolean; readonly waitMs?: number };

async function attempt(ask: Exchange, sent: Sent, timeoutMs: number): Promise<Tried> {
  let received: Received;
  try {
    received = await ask(sent, Math.max(1, Math.floor(timeoutMs)));
  } catch (cause) {
    const words = cause instanceof Error ? cause.message : String(cause);
    return {
      failed: new RouteError("unreachable", `no answer from the API: ${words}`, { cause }),
      isFinal: isTrustProblem(cause),
    };
  }
  const { status, text, retryAfterS } = received;
  const body = parsed(text);
  // Health that is bad is an answer as well: it has a status of its own in its body.
  const isAnswer =
    status === 200 || (status === 503 && typeof body === "object" && body !== null && !("code" in body));
  if (isAnswer && body !== undefined) return { body };
  const failed = problemOf(status, text);
  return {
    failed,
    isFinal: !again.includes(status),
    ...(retryAfterS !== undefined && { waitMs: retryAfterS * 1000 }),
  };
}

/** A certificate that is not trusted stays so. */
function isTrustProblem(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ALTNAME/.test(code);
}

/** Between half and all of a time that doubles, so that many callers do not come back at once. */
function pauseOf(count: number): number {
  return Math.min(firstPauseMs * 2 ** count, longestPauseMs) * (0.5 + Math.random() / 2);
}
