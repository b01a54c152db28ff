import { CommanderError } from "commander";
import pc from "picocolors";
import { exitStatus, Failure, ToldFailure } from "../../base/failure.ts";

/** Colours for a stream that a person looks at; picocolors by itself would colour a CI's log files too. */
const coloursOf = (stream: { readonly isTTY?: boolean }) =>
  pc.createColors(stream.isTTY === true && !process.env.NO_COLOR);

/** For results, which go to stdout. */
export const results = coloursOf(process.stdout);
/** For progress and errors, which go to stderr. */
export const notes = coloursOf(process.stderr);

/** A wait that is over by then is not worth a word, s. */
export const quietS = 2;

/** Waits for `work`, and says on stderr what it waits for where that takes long. */
export async function announceIfSlow<Result>(text: string, work: Promise<Result>): Promise<Result> {
  const telling = setTimeout(() => console.error(text), quietS * 1000);
  try {
    return await work;
  } finally {
    clearTimeout(telling);
  }
}

/** Tells a person why a command failed, in a sentence. @returns its exit status @throws what is a mistake of ours */
export function tellFailure(error: unknown): number {
  // Commander has told what is wrong; help and a version are no failure.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitStatus.ok : exitStatus.usage;
  if (!(error instanceof Failure)) throw error;
  if (!(error instanceof ToldFailure)) console.error(notes.red(error.message));
  return error.exitStatus;
}
