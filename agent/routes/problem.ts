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

/** A change was committed, and could not stay. */
export class TakenBack extends RouteProblem {
  /** Number of its commit. */
  readonly made: number;
  /** Number of the commit that has taken it back; null where there is none, or that is not known. */
  readonly back: number | null;

  constructor(why: RouteProblem, detail: string, made: number, back: number | null) {
    super(why.code, detail, why.field);
    this.made = made;
    this.back = back;
  }
}
