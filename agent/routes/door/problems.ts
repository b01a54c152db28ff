import type * as z from "zod";
import { printable } from "../../../base/printable.ts";
import { type Problem, type ProblemCode, problemCatalogue } from "../../../contract/routes/problem.ts";
import { RouteProblem } from "../problem.ts";

/** A problem as the API answers it. */
export function problemBody({ code, message, field }: RouteProblem): Problem {
  const { status, title } = problemCatalogue[code];
  return {
    type: `urn:hapair:problem:${code}`,
    title,
    status,
    code,
    detail: message,
    ...(field !== undefined && { field }),
  };
}

/** Whoever gets one of these asks again later, and knows when. */
export function retryHeaders(code: ProblemCode, resetMs: number): Readonly<Record<string, string>> {
  if (code === "too-many") return { "retry-after": "1" };
  if (code === "circuit-open") return { "retry-after": String(Math.ceil(resetMs / 1000)) };
  if (code === "bad-token") return { "www-authenticate": 'Bearer realm="hapair"' };
  return {};
}

/** The issues that are told of a value at most. */
const mostIssues = 5;

/**
 * A value as its schema has it. Throws a RouteProblem that names the field.
 * @param what it is: `The body`, `The header if-match`
 * @param at path of the value itself, for a header or a parameter
 */
export function checked<Shape extends z.ZodType>(
  shape: Shape,
  value: unknown,
  what: string,
  at?: string,
): z.output<Shape> {
  const { success, data, error } = shape.safeParse(value);
  if (success) return data;
  const issues = error.issues.slice(0, mostIssues).map(({ path, message }) => ({
    field: [...(at === undefined ? [] : [at]), ...path.map(String)].join("."),
    message,
  }));
  const words = issues.map(({ field, message }) =>
    field === "" || field === at ? message : `${field}: ${message}`,
  );
  throw new RouteProblem(
    "bad-request",
    `${what} is not what is expected: ${printable(words.join("; ").slice(0, 500)).slice(0, 500)}.`,
    issues[0]?.field || undefined,
  );
}
