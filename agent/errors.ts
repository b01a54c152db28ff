import { Failure } from "../base/failure.ts";

/** What an exit status of `hapair` means; `--help` prints this table. */
export const exitStatuses = {
  ok: 0,
  failed: 1,
  badInput: 2,
  needsHuman: 3,
  locked: 75,
} as const;

/** The caller handed in something that cannot be applied; nothing was touched. */
export function badInput(message: string): Failure {
  return new Failure(message, exitStatuses.badInput);
}
