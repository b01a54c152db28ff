import { fileFaultWords } from "../../base/fileErrors.ts";
import { unloadUfw } from "../giveBack/firewall.ts";
import { attemptInto } from "../giveBack/restored.ts";
import { undoFirst } from "../giveBack/undoFirst.ts";
import { restoreEnablement } from "../giveBack/units.ts";
import type { System } from "../host/system.ts";
import type { DataPath } from "../services/dataPath.ts";
import type { UnitAction } from "../services/service.ts";
import { readBefore } from "../store/before.ts";
import { mendEdits } from "../store/edits.ts";
import { type Layout, swapTo } from "../store/layout.ts";
import { relink } from "../store/links.ts";
import type { Kind } from "../store/records.ts";
import { type HostState, hostStateOf, stateBeforeFirst } from "./hostState.ts";
import type { Plan } from "./plan.ts";
import { prove } from "./prove.ts";
import { beginRecord, confirm, endRecord } from "./record.ts";
import { begin, type Direction, next, type State, type Step } from "./steps.ts";
import { activate, enable, retire } from "./units.ts";

export interface Run {
  readonly plan: Plan;
  /**
   * The data path that a bundle is measured against. The new one: as before the roll-out. The previous one, where it is
   * restored: as before this apply, since it cannot mend what another host's step has broken.
   */
  readonly before: Readonly<Record<Direction, DataPath>>;
  readonly kind: Kind;
}

/**
 * Takes every step of the transaction and rolls back at the first failure; ends in `applied`, `restored` or `stuck`.
 * Throws a Failure where its start cannot be recorded: then nothing was touched.
 */
export async function runTransaction(host: System, layout: Layout, run: Run): Promise<Outcome> {
  const { plan, before, kind } = run;
  const { known, from, live, pending, edits } = plan;
  const ahead = hostStateOf(known, live);
  const behind = from ? hostStateOf(from, known) : stateBeforeFirst(known, plan.ran);
  const actions: UnitAction[] = [];
  let proof: DataPath = "not asked";

  await beginRecord(host, layout, kind, plan);
  let state: State = begin;
  while (state.at === "step") {
    const { direction, step } = state;
    host.reached(`${direction} ${step}`);
    let failure: string | undefined;
    try {
      await take(direction, step);
    } catch (error) {
      failure = fileFaultWords(error, layout.store);
    }
    if (failure !== undefined && direction === "forward")
      host.progress("it does not work: restoring the previous bundle");
    state = next(state, failure);
  }
  const report = {
    bundle: known.sha,
    changed: plan.changed,
    edited: [...new Set(edits.map(({ path }) => path))],
    actions,
    proof,
  };
  switch (state.at) {
    case "applied":
      endRecord(host, layout, ahead.sha, known.sha);
      return { ...report, outcome: "applied" };
    case "restored": {
      const { reason } = state;
      const troubles = behind.sha === undefined ? await undoFirst(host, layout) : [];
      if (troubles.length > 0) return { ...report, outcome: "stuck", reason, troubles };
      endRecord(host, layout, behind.sha, known.sha);
      return { ...report, outcome: "restored", reason };
    }
    case "stuck":
      return { ...report, outcome: "stuck", reason: state.reason, troubles: state.troubles };
  }

  async function take(direction: Direction, step: Step): Promise<void> {
    const target = direction === "forward" ? ahead : behind;
    const wanted = target.files.map(({ path }) => path);
    switch (step) {
      case "mend":
        if (live) mendEdits(layout, live, edits);
        return;
      case "retire":
        await retire(host, target.disabled);
        // While the bundle's files are still live: its firewall has a script that removes what it adds.
        if (target.sha === undefined) await unloadUfw(host, readBefore(layout));
        return;
      case "swap":
        swapTo(layout, target.sha);
        return;
      case "link": {
        const dropped = plan.linked.filter((path) => !wanted.includes(path));
        relink(host, layout, wanted, dropped);
        return;
      }
      case "enable":
        await enable(host, target.enabled, target.files);
        // Before its first bundle the host had units that were enabled and did not run, and the reverse.
        if (target.sha === undefined) await restoreLinks();
        return;
      case "activate":
        return activate(host, target, running(direction), plan.touched, (action) => actions.push(action));
      case "prove":
        host.progress("proving the data path");
        proof = await prove(host, target, before[direction]);
        return;
      case "confirm":
        confirm(host, layout, kind, known.sha);
    }
  }

  async function restoreLinks(): Promise<void> {
    const troubles: string[] = [];
    await restoreEnablement(host, layout, readBefore(layout), attemptInto(troubles, layout.store));
    if (troubles.length > 0) throw new Error(troubles.join("\n"));
  }

  /** The files that the daemons run on; none after a killed run, because they are not known then. */
  function running(direction: Direction): HostState["files"] {
    if (pending !== undefined) return [];
    return direction === "forward" ? (live?.bundle.files ?? []) : known.bundle.files;
  }
}

interface Report {
  readonly bundle: string;
  /** Paths whose content, owner or mode differs from what was live. */
  readonly changed: readonly string[];
  /** Paths that were edited by hand on the host; a copy of each is kept. */
  readonly edited: readonly string[];
  readonly actions: readonly UnitAction[];
  readonly proof: DataPath;
}

/** The result of an apply or a rollback. */
export type Outcome = Report &
  (
    | { readonly outcome: "staged" | "applied" | "unchanged" }
    /** `reason` follows "but" in a sentence. */
    | { readonly outcome: "skipped"; readonly reason: string }
    | { readonly outcome: "restored"; readonly reason: string }
    | { readonly outcome: "stuck"; readonly reason: string; readonly troubles: readonly string[] }
  );
