import type { ProblemCode } from "./types.ts";

/**
 * Why a request has failed. `unreachable`: no node has answered before the deadline, so a change may have been made or not;
 * `garbage`: what answers is not the API.
 */
export class RouteError extends Error {
  override readonly name = "RouteError";
  readonly code: ProblemCode | "unreachable" | "garbage";
  /** The HTTP status; undefined where there was no answer. */
  readonly status: number | undefined;
  /** Path of the field that is wrong, such as `options.maxConnections`. */
  readonly field: string | undefined;

  constructor(
    code: RouteError["code"],
    message: string,
    { status, field, cause }: { status?: number; field?: string; cause?: unknown } = {},
  ) {
    super(message, { cause });
    this.code = code;
    this.status = status;
    this.field = field;
  }
}

/** Out of an answer that is no success. */
export function problemOf(status: number, text: string): RouteError {
  const body: unknown = parsed(text);
  if (typeof body === "object" && body !== null && "code" in body && "detail" in body && "title" in body) {
    const { code, detail, title } = body;
    const field = "field" in body ? String(body.field) : undefined;
    const words = String(detail).startsWith(String(title)) ? String(detail) : `${title}: ${detail}`;
    return new RouteError(code as ProblemCode, words, { status, ...(field !== undefined && { field }) });
  }
  return new RouteError("garbage", `status ${status} without a problem of the API: see what answers there`, {
    status,
  });
}

/** A JSON text as a value; undefined where it is none. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
