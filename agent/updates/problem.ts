import { type UpdateFailure, updateFailures } from "../../contract/updates/state.ts";

/** Why a round of the updater failed. The sentence has no part of the answer and nothing of the key. */
export class UpdateProblem extends Error {
  override readonly name = "UpdateProblem";
  readonly reason: UpdateFailure;

  /** @param detail what was found, or the field that is wrong */
  constructor(reason: UpdateFailure, detail: string) {
    super(`${updateFailures[reason]}: ${detail}`);
    this.reason = reason;
  }
}
