import { Failure } from "../../base/failure.ts";
import { exitStatuses } from "../errors.ts";
import type { System } from "../host/system.ts";
import { runs, unitStates } from "../host/systemctl.ts";
import { type Edit, findEdits } from "../store/edits.ts";
import type { Layout } from "../store/layout.ts";
import { currentSha } from "../store/layout.ts";
import { refuseUnlinkable } from "../store/links.ts";
import type { KnownBundle } from "../store/readBundle.ts";
import { lastConfirmed, type Pending, readHistory, unfinished } from "../store/records.ts";
import { stagedBundle } from "../store/stage.ts";
import { changedPaths } from "./hostState.ts";
import { notEnabled } from "./units.ts";

/** Everything that a transaction must know of the host before it changes anything. */
export interface Plan {
  readonly known: KnownBundle;
  /** The bundle that `current` points to. */
  readonly live: KnownBundle | undefined;
  /** The bundle to go back to: the last confirmed one. */
  readonly from: KnownBundle | undefined;
  readonly pending: Pending | undefined;
  readonly edits: readonly Edit[];
  readonly changed: readonly string[];
  /** Paths whose daemons must take over the target's content. */
  readonly touched: readonly string[];
  /** Paths that are, or may become, links to `current`. */
  readonly linked: readonly string[];
  /** Units of the bundle that ran before it began. */
  readonly ran: readonly string[];
  readonly nothingToDo: boolean;
}

export async function planApply(host: System, layout: Layout, known: KnownBundle): Promise<Plan> {
  const pending = unfinished(layout);
  // Read in any case: a damaged history must be found before the swap, not when the new bundle is confirmed.
  const history = readHistory(layout);
  const live = load(currentSha(layout));
  const from = pending ? load(lastConfirmed(pending, history)) : live;
  const wanted = pathsOf(known);
  refuseUnlinkable(layout, wanted);

  const edits = live ? findEdits(layout, live, certainLinks()) : [];
  const changed = changedPaths(live?.bundle.files ?? [], known.bundle.files);
  const touched = union(
    changed,
    edits.map(({ path }) => path),
    pending ? changedPaths(from?.bundle.files ?? [], known.bundle.files) : [],
    pending?.touched ?? [],
  );
  const { enabled, disabled } = known.bundle.units;
  const states = await unitStates(host, [...enabled, ...disabled]);
  const active = states.filter((state) => state.active === "active").map(({ unit }) => unit);
  const unlinked = await notEnabled(host, enabled, known.bundle.files);
  const asDeclared =
    unlinked.length === 0 &&
    enabled.every((unit) => active.includes(unit)) &&
    !disabled.some((unit) => active.includes(unit));
  return {
    known,
    live,
    from,
    pending,
    edits,
    changed,
    touched,
    linked: union(pathsOf(live), pathsOf(from), wanted, pending?.linked ?? []),
    ran: pending?.ran ?? states.filter(runs).map(({ unit }) => unit),
    nothingToDo: live?.sha === known.sha && pending === undefined && edits.length === 0 && asDeclared,
  };

  function load(sha: string | undefined): KnownBundle | undefined {
    if (sha === undefined) return undefined;
    const found = sha === known.sha ? known : stagedBundle(layout, sha, host.name);
    if (found !== undefined) return found;
    throw new Failure(
      `the live bundle's own record was changed or removed (${layout.bundles}/${sha}): apply that same bundle again first`,
      exitStatuses.needsHuman,
    );
  }

  /** A killed run may have missed some links: only paths that both its bundles have were linked for certain. */
  function certainLinks(): ReadonlySet<string> {
    const paths = pathsOf(live);
    if (pending === undefined) return new Set(paths);
    const both = new Set(pathsOf(from));
    return new Set(paths.filter((path) => both.has(path) && pending.linked.includes(path)));
  }
}

function pathsOf(known: KnownBundle | undefined): readonly string[] {
  return known?.bundle.files.map(({ path }) => path) ?? [];
}

function union(...lists: readonly (readonly string[])[]): readonly string[] {
  return [...new Set(lists.flat())].sort();
}
