import { type ProblemCode, problemCatalogue } from "../../contract/routes/problem.ts";

/** Why a request is not done: an error of the API's catalogue, with what was found, where, and the remedy. */
export class RouteProblem extends Error {
  override readonly name = "RouteProblem";
  readonly code: ProblemCode;
  readonly field: string | undefined;

  /** @param detail by default the code's own title */
  constructor(code: ProblemCode, detail: string = problemCatalogue[code].title, field?: string) {
    super(detail);
    this.code = code;
    this.field = field;
  }
}
