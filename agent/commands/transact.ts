import { exitStatusOf } from "../apply.ts";
import type { Host } from "../host.ts";
import type { Outcome } from "../outcome.ts";
import { type Layout, layoutOf } from "../store/layout.ts";
import { openStore } from "../store/openStore.ts";
import { realHost } from "../system/realHost.ts";
import { underLock } from "../system/underLock.ts";
import { printOutcome } from "./printOutcome.ts";
import { finishBeforeStopping, progressLine, requireRoot } from "./terminal.ts";

/** Runs a transaction on this machine, one at a time, and prints its outcome. Resolves to the exit status. */
export async function transact(
  asJson: boolean,
  transaction: (host: Host, layout: Layout) => Promise<Outcome>,
): Promise<number> {
  requireRoot();
  const host = realHost(progressLine);
  const layout = layoutOf(host.root);
  openStore(layout);
  return underLock(layout.lock, async () => {
    finishBeforeStopping();
    const outcome = await transaction(host, layout);
    printOutcome(outcome, asJson);
    return exitStatusOf(outcome);
  });
}
