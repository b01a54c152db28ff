import pc from "picocolors";

/** Colours for a stream that a person looks at; picocolors by itself would colour a CI's log files too. */
const coloursOf = (stream: { readonly isTTY?: boolean }) =>
  pc.createColors(stream.isTTY === true && !process.env.NO_COLOR);

/** For results, which go to stdout. */
export const results = coloursOf(process.stdout);
/** For progress and errors, which go to stderr. */
export const notes = coloursOf(process.stderr);
