import type { Change } from "../../../contract/routes/change.ts";
import type { Fields, Log } from "../../daemon/log.ts";

/** Who asks for a change, and from where. */
export interface Origin {
  readonly who: string;
  /** Address, or `local` for the Unix socket. */
  readonly from: string;
  /** The node's address that was asked; `local` as above. */
  readonly to: string;
}

/** How a change ended: the version and nodes, or the code of a problem; `made` where it was committed and taken back. */
type Outcome =
  | { readonly version: number; readonly appliedOn: readonly string[]; readonly pendingOn: readonly string[] }
  | { readonly code: string; readonly made?: number; readonly back?: number | null };

export interface Audit {
  /** A line in the journal for each change that is made, one for all that are refused: who, from where, what, how it ended. */
  changes(changes: readonly Change[], origin: Origin, outcome: Outcome): void;
  /** The same for what is no change of routes, such as a restart. */
  action(what: string, origin: Origin, result: string): void;
}

/** Everything written has passed its schema: no caller can write lines of his own. */
export function openAudit(log: Log): Audit {
  return {
    changes: (changes, { who, from }, outcome) => {
      const [first, ...others] = changes;
      // A caller who is refused a thousand changes again and again must not fill the journal.
      if ("code" in outcome && first !== undefined && others.length > 0) {
        log.say("warning", `route ${words(first)} and ${others.length} more changes: ${result(outcome)}`, {
          ...{ event: "audit", who, from, changes: changes.length },
          result: outcome.code,
        });
        return;
      }
      for (const change of changes)
        log.say("code" in outcome ? "warning" : "notice", `route ${words(change)}: ${result(outcome)}`, {
          event: "audit",
          who,
          from,
          ...fields(change),
          ...("code" in outcome ? { result: outcome.code } : { result: "made", version: outcome.version }),
        });
    },
    action: (what, { who, from }, result) =>
      log.say("notice", `${what}: ${result}`, { event: "audit", who, from, result }),
  };
}

function words(change: Change): string {
  return change.do === "put" ? `${change.route.host} to ${change.route.target}` : `${change.host} removed`;
}

function result(outcome: Outcome): string {
  if ("code" in outcome) {
    const { code, made, back } = outcome;
    if (made === undefined) return `refused (${code})`;
    return `made as ${made}, ${back == null ? "not known to be taken back" : `taken back as ${back}`} (${code})`;
  }
  const { version, appliedOn, pendingOn } = outcome;
  const later = pendingOn.length > 0 ? `, later on ${pendingOn.join(", ")}` : "";
  return `made as ${version} on ${appliedOn.join(", ")}${later}`;
}

function fields(change: Change): Fields {
  return change.do === "put"
    ? { change: "put", host: change.route.host, agent: change.route.agent, target: change.route.target }
    : { change: "remove", host: change.host, agent: change.agent };
}
