import type { ProblemCode } from "../../contract/routes/problem.ts";

/** An error that a caller of the API is told. The message says what was found, where, and the remedy. */
export class RouteProblem extends Error {
  override readonly name = "RouteProblem";
  readonly code: ProblemCode;
  /** Path of the field that is wrong, such as `changes.0.route.target`. */
  readonly field: string | undefined;

  constructor(code: ProblemCode, detail: string, field?: string) {
    super(detail);
    this.code = code;
    this.field = field;
  }
}
