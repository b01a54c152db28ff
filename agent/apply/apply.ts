import { isHolder } from "../address/hold.ts";
import { badInput, exitStatuses } from "../errors.ts";
import type { System } from "../host/system.ts";
import { type Layout, layoutOf, openStore, sweepStaging } from "../store/layout.ts";
import type { KnownBundle } from "../store/readBundle.ts";
import { type Kind, readHistory, unfinished } from "../store/records.ts";
import { stage, stagedBundle } from "../store/stage.ts";
import { planApply } from "./plan.ts";
import { baseline, validate } from "./prove.ts";
import { nothingChanged } from "./record.ts";
import { type Outcome, type Run, runTransaction } from "./runTransaction.ts";

export interface ApplyRequest {
  readonly known: KnownBundle;
  /** Change nothing on a host that holds the virtual address. */
  readonly unlessHolder: boolean;
  readonly kind: Kind;
}

/**
 * Moves the host to a bundle, or leaves it on the one that it had. The caller holds the host's lock. Throws an
 * Failure when nothing was touched; a transaction that was rolled back is an outcome.
 */
export async function apply(host: System, request: ApplyRequest): Promise<Outcome> {
  const layout = layoutOf(host.root);
  let ready: Run | Outcome;
  try {
    ready = await prepare(host, layout, request);
  } catch (error) {
    throw nothingChanged(layout, error);
  }
  return "outcome" in ready ? ready : runTransaction(host, layout, ready);
}

/** Everything before the first change; an outcome where there is none to make. */
async function prepare(host: System, layout: Layout, request: ApplyRequest): Promise<Run | Outcome> {
  const { known } = request;
  openStore(layout);
  sweepStaging(layout);
  stage(host, layout, known);
  const plan = await planApply(host, layout, known);
  const quiet = { bundle: known.sha, changed: [], edited: [], actions: [], proof: "not asked" } as const;
  if (plan.nothingToDo) return { ...quiet, outcome: "unchanged" };
  await validate(host, layout, known);
  const { node } = plan.live?.config ?? known.config ?? {};
  if (request.unlessHolder && node !== undefined && isHolder(host, node)) {
    return { ...quiet, outcome: "skipped", changed: plan.changed };
  }
  return { plan, before: await baseline(host, plan.live?.config), kind: request.kind };
}

/** The exit status of an outcome. */
export function exitStatusOf({ outcome }: Outcome): number {
  if (outcome === "restored") return exitStatuses.failed;
  return outcome === "stuck" ? exitStatuses.needsHuman : exitStatuses.ok;
}

/** Goes back one bundle, or undoes an apply that was killed. The caller holds the host's lock. Throws as `apply` does. */
export async function rollback(host: System): Promise<Outcome> {
  const layout = layoutOf(host.root);
  const sha = bundleBefore(layout);
  if (sha === undefined) throw badInput("there is no bundle before this one to go back to");
  const known = stagedBundle(layout, sha, host.name);
  if (known === undefined)
    throw badInput(`the bundle before this one, ${sha}, is no longer on this host: apply it from a file`);
  return apply(host, { known, kind: "rollback", unlessHolder: false });
}

/** A killed rollback is finished first: going back from its start would return to the bundle that it was leaving. */
function bundleBefore(layout: Layout): string | undefined {
  const pending = unfinished(layout);
  if (pending === undefined) return readHistory(layout).at(-2)?.bundle;
  return pending.kind === "rollback" ? pending.to : (pending.from ?? undefined);
}
