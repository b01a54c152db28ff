import { utimesSync } from "node:fs";
import { Failure } from "../../base/failure.ts";
import { fileFaultWords, isFileError } from "../../base/fileErrors.ts";
import { keepBefore } from "../giveBack/keep.ts";
import type { System } from "../host/system.ts";
import { keepEdits } from "../store/edits.ts";
import type { Layout } from "../store/layout.ts";
import { forgetNewcomer } from "../store/newcomer.ts";
import {
  clearPending,
  confirmed,
  type Kind,
  readHistory,
  takenBack,
  writeHistory,
  writePending,
} from "../store/records.ts";
import { forgetAnswer } from "../store/reference.ts";
import { bundleFolder, prune } from "../store/stage.ts";
import type { Plan } from "./plan.ts";

/**
 * Puts on disk what a transaction needs if it is killed, before it changes anything: the files that were edited by
 * hand, what the host had before its first bundle, and the bundle that it starts from. Throws a Failure where that cannot be written.
 */
export async function beginRecord(host: System, layout: Layout, kind: Kind, plan: Plan): Promise<void> {
  const startedAt = host.now();
  host.reached("keep");
  try {
    keepEdits(layout, plan.edits, startedAt);
    await keepBefore(host, layout, plan.known);
    host.reached("record");
    writePending(layout, {
      kind,
      from: plan.from?.sha ?? null,
      to: plan.known.sha,
      startedAt: startedAt.toISOString(),
      touched: [...plan.touched],
      linked: [...plan.linked],
      ran: [...plan.ran],
    });
  } catch (error) {
    throw nothingChanged(layout, error);
  }
}

/** What to throw for an error before the first change: a sentence where a file could not be read or written. */
export function nothingChanged(layout: Layout, error: unknown): unknown {
  if (!isFileError(error)) return error;
  return new Failure(`nothing was changed: ${fileFaultWords(error, layout.store)}, then apply again`);
}

/** Records the proven bundle: a later failure returns to it. */
export function confirm(host: System, layout: Layout, kind: Kind, sha: string): void {
  const at = host.now().toISOString();
  const history = readHistory(layout);
  writeHistory(layout, kind === "rollback" ? takenBack(history, sha, at) : confirmed(history, sha, at));
  forgetAnswer(layout);
  forgetNewcomer(layout);
  host.reached("recorded");
}

/**
 * Cleans up once a bundle works and is recorded; `tried` is the bundle of this transaction, which a roll-out may try again
 * by its name. A problem here is reported and fails nothing: it is not the bundle's fault, and the next apply does the
 * rest.
 */
export function endRecord(host: System, layout: Layout, live: string | undefined, tried: string): void {
  const attempt = (what: string, step: () => void): void => {
    try {
      step();
    } catch (error) {
      host.progress(`${what} (${fileFaultWords(error, layout.store)}): the next apply tries again`);
    }
  };
  if (live !== undefined) {
    attempt("old bundles are not removed", () => {
      const needed = readHistory(layout).map(({ bundle }) => bundle);
      utimesSync(bundleFolder(layout, live), host.now(), host.now());
      prune(layout, new Set([...needed, live, tried]));
    });
  }
  host.reached("pruned");
  attempt("the record of this apply is not removed", () => clearPending(layout));
}
