import { isHolder } from "../address/hold.ts";
import { badInput, exitStatuses } from "../errors.ts";
import type { System } from "../host/system.ts";
import { readTakeOver, withOtherFirewalls, writeTakeOver } from "../ownership/takeOver.ts";
import { type Layout, layoutOf, openStore, sweepStaging } from "../store/layout.ts";
import { forgetNewcomer, isNewcomer, rememberNewcomer } from "../store/newcomer.ts";
import type { KnownBundle } from "../store/readBundle.ts";
import { type Kind, readHistory, unfinished } from "../store/records.ts";
import { forgetAnswer } from "../store/reference.ts";
import { stage, stagedBundle } from "../store/stage.ts";
import { joins } from "./joins.ts";
import { type Plan, planApply } from "./plan.ts";
import { baseline, beforeRollOut, rememberDataPath, validate } from "./prove.ts";
import { nothingChanged } from "./record.ts";
import { type Outcome, type Run, runTransaction } from "./runTransaction.ts";

export interface ApplyRequest {
  readonly known: KnownBundle;
  /** Change nothing on a host that holds the virtual address. */
  readonly unlessHolder: boolean;
  /** Change nothing on a node that was new to a running pair when the roll-out began. */
  readonly unlessNew: boolean;
  readonly kind: Kind;
}

/**
 * Moves the host to a bundle, or leaves it on the one that it had. The caller holds the host's lock. Throws a
 * Failure when nothing was touched; a transaction that was rolled back is an outcome.
 */
export async function apply(host: System, request: ApplyRequest): Promise<Outcome> {
  const layout = layoutOf(host.root);
  const ready = await orNothingChanged(layout, () => prepare(host, layout, request));
  return "outcome" in ready ? ready : runTransaction(host, layout, ready);
}

/**
 * Checks and keeps a bundle without changing the host, and remembers whether a query gets through now, and what of
 * somebody's own the apply may take over: `takeOver` names its services. The caller holds the host's lock. Throws as
 * `apply` does.
 */
export async function stageOnly(
  host: System,
  known: KnownBundle,
  takeOver: readonly string[],
): Promise<Outcome> {
  const layout = layoutOf(host.root);
  return orNothingChanged(layout, async () => {
    openStore(layout);
    // Also where it refuses: an earlier permission has ended.
    writeTakeOver(layout, takeOver);
    const plan = await staged(host, layout, known);
    await validate(host, layout, known, { live: plan.live, allowed: takeOver, staging: true });
    const proof = await baseline(host, plan.live?.config);
    rememberDataPath(host, layout, proof);
    if (await joins(host, plan)) rememberNewcomer(layout, host.now());
    else forgetNewcomer(layout);
    return { ...quiet(known), outcome: "staged", changed: plan.changed, proof };
  });
}

/** Everything before the first change; an outcome where there is none to make. */
async function prepare(host: System, layout: Layout, request: ApplyRequest): Promise<Run | Outcome> {
  const { known } = request;
  const plan = await staged(host, layout, known);
  if (plan.nothingToDo) {
    forgetAnswer(layout);
    return { ...quiet(known), outcome: "unchanged" };
  }
  await validate(host, layout, known, { live: plan.live, allowed: readTakeOver(layout), staging: false });
  const { node } = plan.live?.config ?? known.config ?? {};
  const skipped = (why: string) =>
    ({ ...quiet(known), outcome: "skipped", changed: plan.changed, reason: why }) as const;
  if (request.unlessHolder && node !== undefined && isHolder(host, node))
    return skipped("this host holds the virtual address");
  if (request.unlessNew && isNewcomer(layout))
    return skipped("another machine holds the virtual address, and does not know this one yet");
  const now = await baseline(host, plan.live?.config);
  const before = { forward: beforeRollOut(host, layout, now), back: now };
  return { plan, before, kind: request.kind };
}

async function staged(host: System, layout: Layout, known: KnownBundle): Promise<Plan> {
  openStore(layout);
  sweepStaging(layout);
  stage(host, layout, known);
  return planApply(host, layout, await withOtherFirewalls(host, layout, known));
}

async function orNothingChanged<Result>(layout: Layout, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw nothingChanged(layout, error);
  }
}

/** The report of what changed nothing. */
function quiet({ sha }: KnownBundle) {
  return { bundle: sha, changed: [], edited: [], actions: [], proof: "not asked" } as const;
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
  return apply(host, { known, kind: "rollback", unlessHolder: false, unlessNew: false });
}

/** A killed rollback is finished first: going back from its start would return to the bundle that it was leaving. */
function bundleBefore(layout: Layout): string | undefined {
  const pending = unfinished(layout);
  if (pending === undefined) return readHistory(layout).at(-2)?.bundle;
  return pending.kind === "rollback" ? pending.to : (pending.from ?? undefined);
}
