/** One line of the bench's answer. */
export interface Figure {
  readonly figure: string;
  readonly value: number;
  readonly unit: string;
  /** Null where a figure only explains another. */
  readonly goal: number | null;
  /** On which side of the goal the value has to be. */
  readonly bound: "≤" | "≥";
  readonly ok: boolean;
}

/** A figure that must not be above its goal. */
export function atMost(goal: number, figure: string, value: number, unit: string): Figure {
  return { figure, value, unit, goal, bound: "≤", ok: value <= goal };
}

/** A figure that must not be below its goal. */
export function atLeast(goal: number, figure: string, value: number, unit: string): Figure {
  return { figure, value, unit, goal, bound: "≥", ok: value >= goal };
}

/** A figure without a goal. */
export function information(figure: string, value: number, unit: string): Figure {
  return { figure, value, unit, goal: null, bound: "≤", ok: true };
}
