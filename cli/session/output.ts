import { CommanderError } from "commander";
import pc from "picocolors";
import { exitStatus, Failure, ToldFailure } from "../../base/failure.ts";

/** Colours only on a terminal; picocolors alone would colour the log files of a CI too. */
const coloursOf = (stream: { readonly isTTY?: boolean }) =>
  pc.createColors(stream.isTTY === true && !process.env.NO_COLOR);

/** For results, which go to stdout. */
export const results = coloursOf(process.stdout);
/** For progress and errors, which go to stderr. */
export const notes = coloursOf(process.stderr);

/** A shorter wait is not announced, s. */
export const quietS = 2;

/** Waits for `work`, and prints on stderr what it waits for where that takes long. */
export async function announceIfSlow<Result>(text: string, work: Promise<Result>): Promise<Result> {
  const announcement = setTimeout(() => console.error(text), quietS * 1000);
  try {
    return await work;
  } finally {
    clearTimeout(announcement);
  }
}

/** Prints why a command failed, in a sentence. @returns its exit status @throws errors that are bugs */
export function tellFailure(error: unknown): number {
  // Commander has printed what is wrong; help and a version are not failures.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitStatus.ok : exitStatus.usage;
  if (!(error instanceof Failure)) throw error;
  if (!(error instanceof ToldFailure)) console.error(notes.red(error.message));
  return error.exitStatus;
}
