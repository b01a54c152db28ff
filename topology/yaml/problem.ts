/** Something wrong in a text, at `offset` (UTF-16 units from its start). The message never has a value of the file. */
export interface TextProblem {
  readonly offset: number;
  readonly message: string;
}

/** `LINE:COLUMN: message` for each, in the order of the file; both count from 1. */
export function placed(text: string, problems: readonly TextProblem[]): string[] {
  const sorted = problems.toSorted((one, other) => one.offset - other.offset);
  // One walk through the text for all of them: a file may have a problem in each of its lines.
  let [line, begin, end] = [1, 0, text.indexOf("\n")];
  return sorted.map(({ offset, message }) => {
    for (; end >= 0 && end < offset; end = text.indexOf("\n", begin)) {
      line += 1;
      begin = end + 1;
    }
    return `${line}:${offset - begin + 1}: ${message}`;
  });
}
