import { exitStatusOf } from "../apply.ts";
import type { Host } from "../host.ts";
import type { Outcome } from "../outcome.ts";
import { layoutOf } from "../store/layout.ts";
import { openStore } from "../store/openStore.ts";
import { underLock } from "../system/underLock.ts";
import { printOutcome } from "./printOutcome.ts";
import { finishBeforeStopping } from "./terminal.ts";

/** Runs a transaction on a host, one at a time, and prints its outcome. Resolves to the exit status. */
export async function transact(
  host: Host,
  asJson: boolean,
  transaction: () => Promise<Outcome>,
): Promise<number> {
  const layout = layoutOf(host.root);
  openStore(layout);
  return underLock(layout.lock, async () => {
    finishBeforeStopping();
    const outcome = await transaction();
    printOutcome(outcome, asJson);
    return exitStatusOf(outcome);
  });
}
