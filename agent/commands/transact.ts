import { exitStatusOf } from "../apply/apply.ts";
import { nothingChanged } from "../apply/record.ts";
import type { Outcome } from "../apply/runTransaction.ts";
import { underLock } from "../host/lock.ts";
import type { System } from "../host/system.ts";
import type { UnitAction } from "../services/service.ts";
import { layoutOf, openStore } from "../store/layout.ts";
import { finishBeforeStopping } from "./thisHost.ts";

/** Runs a transaction on a host, one at a time, and prints its outcome. Resolves to the exit status. */
export async function transact(
  host: System,
  asJson: boolean,
  transaction: () => Promise<Outcome>,
): Promise<number> {
  const layout = layoutOf(host.root);
  try {
    openStore(layout);
  } catch (error) {
    throw nothingChanged(layout, error);
  }
  return underLock(layout.lock, async () => {
    finishBeforeStopping();
    const outcome = await transaction();
    printOutcome(outcome, asJson);
    return exitStatusOf(outcome);
  });
}

/** Prints one JSON object, or a sentence with its details; a failure's goes to standard error. */
function printOutcome(outcome: Outcome, asJson: boolean): void {
  if (asJson) {
    const { actions, ...rest } = outcome;
    const units = (verb: UnitAction["verb"]): string[] => [
      ...new Set(actions.filter((action) => action.verb === verb).map(({ unit }) => unit)),
    ];
    const record = {
      ...rest,
      updated: units("updated"),
      reloaded: units("reloaded"),
      restarted: units("restarted"),
      started: units("started"),
    };
    process.stdout.write(`${JSON.stringify(record)}\n`);
    return;
  }
  const lines = [sentence(outcome)];
  const isLive = outcome.outcome !== "skipped" && outcome.outcome !== "staged";
  if (isLive) lines.push(...outcome.changed.map((path) => `  changed   /${path}`));
  lines.push(
    ...outcome.edited.map(
      (path) =>
        `  edited    /${path} was changed by hand: a copy is in /var/lib/hapair/edited, the bundle's file is restored`,
    ),
  );
  lines.push(...outcome.actions.map(({ unit, verb }) => `  ${verb.padEnd(9)} ${unit}`));
  if (typeof outcome.proof === "object" && outcome.outcome === "applied") {
    const { through, fails } = outcome.proof;
    lines.push(`  warning   no query gets through ${through}, as before the change: ${fails}`);
  }
  if (outcome.outcome === "stuck")
    lines.push(...outcome.troubles.map((trouble) => `  while rolling back: ${trouble}`));
  const failed = outcome.outcome === "restored" || outcome.outcome === "stuck";
  (failed ? process.stderr : process.stdout).write(`${lines.join("\n")}\n`);
}

function sentence(outcome: Outcome): string {
  const name = outcome.bundle.slice(0, 12);
  switch (outcome.outcome) {
    case "staged":
      return `bundle ${name} is checked and kept`;
    case "applied":
      return `bundle ${name} is live`;
    case "unchanged":
      return `bundle ${name} is live already, nothing to do`;
    case "skipped":
      return `bundle ${name} is checked and kept, but ${outcome.reason}: nothing was changed`;
    case "restored":
      return `bundle ${name} does not work here, the previous one is live again: ${outcome.reason}`;
    case "stuck":
      return `neither bundle ${name} nor the previous one works here: ${outcome.reason}`;
  }
}
