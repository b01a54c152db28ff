import { CommanderError } from "commander";
import { LabError } from "../lab/labError.ts";
import { notes as pc } from "./colours.ts";
import { exitStatus, Failure, ToldFailure } from "./failure.ts";

/** Tells a person why a command failed, in a sentence. @returns its exit status @throws what is a mistake of ours */
export function tellFailure(error: unknown): number {
  // Commander has told what is wrong; help and a version are no failure.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitStatus.ok : exitStatus.usage;
  if (!(error instanceof Failure || error instanceof LabError)) throw error;
  if (!(error instanceof ToldFailure)) console.error(pc.red(error.message));
  return exitStatus.failed;
}
