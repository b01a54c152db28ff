/** Exit statuses of every command; as a monitoring plugin, one that cannot tell whether all is well ends with 3. */
export const exitStatus = { ok: 0, failed: 1, usage: 2, unknown: 3 } as const;

/** Something that a person must know and can act on: printed as it is, without a stack trace. */
export class Failure extends Error {
  override readonly name = "Failure";
  /** Exit status of the command that fails because of it. */
  readonly exitStatus: number;

  constructor(message: string, status: number = exitStatus.failed) {
    super(message);
    this.exitStatus = status;
  }
}

/** The same where a process that failed has already printed why. */
export class ToldFailure extends Failure {}

/** The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
