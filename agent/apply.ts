import { exitStatuses } from "./errors.ts";
import { isHolder } from "./holder.ts";
import type { Host } from "./host.ts";
import type { Outcome } from "./outcome.ts";
import { planApply } from "./planApply.ts";
import { baseline } from "./prove.ts";
import { runTransaction } from "./runTransaction.ts";
import type { Kind } from "./store/journal.ts";
import { layoutOf } from "./store/layout.ts";
import { openStore, sweepStaging } from "./store/openStore.ts";
import type { KnownBundle } from "./store/readBundle.ts";
import { stage } from "./store/stage.ts";
import { validate } from "./validate.ts";

export interface ApplyRequest {
  readonly known: KnownBundle;
  /** Leave a host that holds the virtual address as it is. */
  readonly unlessHolder: boolean;
  readonly kind: Kind;
}

/**
 * Moves the host to a bundle, or leaves it on the one that it had. Only under the host's lock. Throws AgentError
 * when nothing was touched; a transaction that had to turn back is an outcome.
 */
export async function apply(host: Host, request: ApplyRequest): Promise<Outcome> {
  const { known } = request;
  const layout = layoutOf(host.root);
  openStore(layout);
  sweepStaging(layout);
  stage(host, layout, known);
  const plan = await planApply(host, layout, known);
  const quiet = { bundle: known.sha, changed: [], edited: [], deeds: [], proof: "not asked" } as const;
  if (plan.nothingToDo) return { ...quiet, outcome: "unchanged" };
  await validate(host, layout, known);
  if (request.unlessHolder && isHolder(host, plan.live?.config ?? known.config)) {
    return { ...quiet, outcome: "skipped", changed: plan.changed };
  }
  const before = await baseline(host, plan.live?.config);
  return runTransaction(host, layout, { plan, before, kind: request.kind });
}

/** The exit status that an outcome deserves. */
export function exitStatusOf({ outcome }: Outcome): number {
  if (outcome === "restored") return exitStatuses.failed;
  return outcome === "stuck" ? exitStatuses.needsHuman : exitStatuses.ok;
}
