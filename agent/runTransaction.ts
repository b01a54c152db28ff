import { utimesSync } from "node:fs";
import { activate } from "./activate.ts";
import { enable, retire } from "./enablement.ts";
import { messageOf } from "./errors.ts";
import type { Host } from "./host.ts";
import type { Outcome } from "./outcome.ts";
import type { Plan } from "./planApply.ts";
import { type DataPath, prove } from "./prove.ts";
import type { Deed } from "./services/service.ts";
import { swapTo } from "./store/current.ts";
import { keepEdits } from "./store/edits.ts";
import { confirmed, readHistory, takenBack, writeHistory } from "./store/history.ts";
import { closeJournal, writeJournal } from "./store/journal.ts";
import type { Layout } from "./store/layout.ts";
import { relink } from "./store/links.ts";
import { prune } from "./store/prune.ts";
import { bundleFolder } from "./store/stage.ts";
import { beforeTheFirst, type Target, targetOf } from "./target.ts";
import { begin, type Direction, next, type State, type Step } from "./transaction.ts";

interface Run {
  readonly plan: Plan;
  /** The data path before anything changed. */
  readonly before: DataPath;
  readonly takesBack: boolean;
}

/** Takes every step of the transaction, turning back at the first failure; ends in `applied`, `restored` or `stuck`. */
export async function runTransaction(host: Host, layout: Layout, run: Run): Promise<Outcome> {
  const { plan, before } = run;
  const { known, from, live, pending, edits } = plan;
  const startedAt = host.now();
  const ahead = targetOf(known, live);
  const behind = from ? targetOf(from, known) : beforeTheFirst(known, plan.ran);
  const deeds: Deed[] = [];
  let proof: DataPath = "not asked";

  let state: State = begin;
  while (state.at === "step") {
    const { direction, step } = state;
    host.reached(`${direction} ${step}`);
    let failure: string | undefined;
    try {
      await take(direction, step);
    } catch (error) {
      failure = messageOf(error);
    }
    if (failure !== undefined && direction === "forward")
      host.progress("it does not work: going back to what was live before");
    state = next(state, failure);
  }
  const report = {
    bundle: known.sha,
    changed: plan.changed,
    edited: [...new Set(edits.map(({ path }) => path))],
    deeds,
    proof,
  };
  switch (state.at) {
    case "applied":
      return { ...report, outcome: "applied" };
    case "restored":
      return { ...report, outcome: "restored", reason: state.reason };
    case "stuck":
      return { ...report, outcome: "stuck", reason: state.reason, troubles: state.troubles };
  }

  async function take(direction: Direction, step: Step): Promise<void> {
    const target = direction === "forward" ? ahead : behind;
    const wanted = target.files.map(({ path }) => path);
    switch (step) {
      case "journal":
        writeJournal(layout, {
          from: from?.sha ?? null,
          to: known.sha,
          direction,
          startedAt: startedAt.toISOString(),
          touched: [...plan.touched],
          linked: [...plan.linked],
          ran: [...plan.ran],
        });
        return;
      case "keep":
        if (direction === "forward" && live) keepEdits(layout, live, edits, startedAt);
        return;
      case "retire":
        return retire(host, target.disabled);
      case "swap":
        swapTo(layout, target.sha);
        return;
      case "link": {
        const dropped = plan.linked.filter((path) => !wanted.includes(path));
        relink(host, layout, wanted, dropped, direction === "forward" ? plan.managed : new Set(plan.linked));
        return;
      }
      case "enable":
        return enable(host, target.enabled, target.files);
      case "activate":
        return activate(host, target, running(direction), plan.touched, (deed) => deeds.push(deed));
      case "prove":
        host.progress("proving the data path");
        proof = await prove(host, target, before);
        return;
      case "confirm":
        confirm(direction, target);
    }
  }

  /** The files that the daemons run on; after a killed run nobody knows, so none. */
  function running(direction: Direction): Target["files"] {
    if (pending !== undefined) return [];
    return direction === "forward" ? (live?.bundle.files ?? []) : known.bundle.files;
  }

  function confirm(direction: Direction, { sha }: Target): void {
    if (direction === "forward") {
      const at = host.now();
      const history = readHistory(layout);
      const after = run.takesBack
        ? takenBack(history, at.toISOString())
        : confirmed(history, known.sha, at.toISOString());
      writeHistory(layout, after);
      utimesSync(bundleFolder(layout, known.sha), at, at);
      host.reached("recorded");
    }
    closeJournal(layout);
    const needed = new Set(
      readHistory(layout)
        .slice(-2)
        .map(({ bundle }) => bundle),
    );
    if (sha !== undefined) prune(layout, needed, sha);
  }
}
