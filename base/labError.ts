/** What a person must know and do, in one sentence; `exitStatus` is the CLI's. */
export class LabError extends Error {
  readonly exitStatus: number;
  constructor(message: string, exitStatus = 1) {
    super(message);
    this.name = "LabError";
    this.exitStatus = exitStatus;
  }
}

/** Exit status where a verb needs a lab that was never made. */
export const noSuchLab = 3;

/** Exit status where a command cannot mean anything. */
export const wrongUsage = 2;
