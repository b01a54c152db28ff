/** Something wrong in a text, at `offset` (UTF-16 units from its start). The message never has a value of the file. */
export interface TextProblem {
  readonly offset: number;
  readonly message: string;
}

/** `LINE:COLUMN: message` for each, in the order of the file; both count from 1. */
export function placed(text: string, problems: readonly TextProblem[]): string[] {
  return problems
    .toSorted((one, other) => one.offset - other.offset)
    .map(({ offset, message }) => {
      const before = text.slice(0, offset).split("\n");
      return `${before.length}:${(before.at(-1)?.length ?? 0) + 1}: ${message}`;
    });
}
