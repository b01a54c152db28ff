import type { HaproxyState } from "../../contract/health.ts";
import type { Look } from "./look.ts";

/** A slower answer of the Runtime API than this, ms, is a sign of a process that hangs at times. */
const slowMs = 250;

/** What is known beside the look. */
export interface Beside {
  /** Why the configuration on disk is not good; null where it is, or is not known. */
  readonly configProblem: string | null;
  /** Why routes do not reach HAProxy; null where they do. */
  readonly routesProblem: string | null;
}

export interface Verdict {
  readonly state: HaproxyState;
  /** Null where the state is HEALTHY. */
  readonly problem: string | null;
}

/** UNHEALTHY: nobody is served; DEGRADED: they are, and something is wrong. */
export function judge(look: Look, { configProblem, routesProblem }: Beside): Verdict {
  if (!look.process) return unhealthy("HAProxy does not run: see systemctl status haproxy");
  if (look.edgeProblem !== null) return unhealthy(`the edge does not answer (${look.edgeProblem})`);
  const problem =
    (look.apiProblem && `the Runtime API does not answer (${look.apiProblem})`) ??
    (look.responseMs > slowMs ? `the Runtime API took ${Math.round(look.responseMs)} ms` : null) ??
    configProblem ??
    routesProblem;
  return { state: problem === null ? "HEALTHY" : "DEGRADED", problem };
}

function unhealthy(problem: string): Verdict {
  return { state: "UNHEALTHY", problem };
}

/** How long HAProxy has failed, as a decision to restart it needs that. */
export interface Failing {
  /** `dead`: nobody is served; `bad`: they are, and the Runtime API does not answer. */
  readonly kind: "dead" | "bad";
  readonly sinceMs: number;
}

/** Another look that finds the same failure keeps its beginning. Systemd itself starts a process that is not there. */
export function failing(look: Look, before: Failing | null, nowMs: number): Failing | null {
  const kind =
    !look.process || (look.edgeProblem === null && look.apiProblem === null)
      ? null
      : look.edgeProblem === null
        ? "bad"
        : "dead";
  if (kind === null) return null;
  return before?.kind === kind ? before : { kind, sinceMs: nowMs };
}

/** A failure that lasts so long does not end by itself, ms. */
const patienceMs = { dead: 1000, bad: 5000 } as const;
/** Before another restart is tried, ms: the last one takes its time. */
const pauseMs = 5000;

/** Whether a restart is due. One that serves badly has clients: the caller asks as well whether a peer could serve them. */
export function isRestartDue(
  { kind, sinceMs }: Failing,
  { nowMs, triedAtMs }: { readonly nowMs: number; readonly triedAtMs: number | null },
): boolean {
  return nowMs - sinceMs >= patienceMs[kind] && (triedAtMs === null || nowMs - triedAtMs >= pauseMs);
}
