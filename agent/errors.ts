import { Failure } from "../base/failure.ts";
import { printable, shortened } from "../base/printable.ts";

/** What an exit status of `hapair` means; `--help` prints this table. */
export const exitStatuses = {
  ok: 0,
  failed: 1,
  badInput: 2,
  needsHuman: 3,
  locked: 75,
} as const;

/** Characters of a refusal: a bundle's keys are in it, which may be of any size. */
const longest = 8000;

/** The caller handed in something that cannot be applied; nothing was touched. */
export function badInput(message: string): Failure {
  return new Failure(shortened(printable(message), longest), exitStatuses.badInput);
}
