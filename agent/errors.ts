/** What an exit status of `hapair` means; `--help` prints this table. */
export const exitStatuses = {
  ok: 0,
  failed: 1,
  badInput: 2,
  needsHuman: 3,
  locked: 75,
} as const;

type ExitStatus = (typeof exitStatuses)[keyof typeof exitStatuses];

/** A failure whose message is for people: it is printed without a stack trace. */
export class AgentError extends Error {
  readonly exitStatus: ExitStatus;

  constructor(exitStatus: ExitStatus, message: string) {
    super(message);
    this.exitStatus = exitStatus;
  }
}

/** The caller handed in something that cannot be applied; nothing was touched. */
export function badInput(message: string): AgentError {
  return new AgentError(exitStatuses.badInput, message);
}

/** The words of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
