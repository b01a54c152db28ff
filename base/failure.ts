/** Something that a person must know and can act on: printed as it is, without a stack trace. */
export class Failure extends Error {
  override readonly name = "Failure";
}

/** The same, where what failed is a process that has printed why. */
export class ToldFailure extends Failure {}

/** Exit statuses of every command. */
export const exitStatus = { ok: 0, failed: 1, usage: 2 } as const;
