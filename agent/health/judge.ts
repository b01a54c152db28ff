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
  /**
   * `dead`: neither the edge nor the Runtime API answers. `bad`: one of them does, so clients may be served: an edge whose
   * connections are all in use, for one, answers no further request.
   */
  readonly kind: "dead" | "bad";
  readonly sinceMs: number;
}

/** Another look that finds the same failure keeps its beginning. Systemd itself starts a process that is not there. */
export function failing(look: Look, before: Failing | null, nowMs: number): Failing | null {
  const silent = [look.edgeProblem, look.apiProblem].filter((problem) => problem !== null).length;
  if (!look.process || silent === 0) return null;
  const kind = silent === 2 ? "dead" : "bad";
  return before?.kind === kind ? before : { kind, sinceMs: nowMs };
}

/** A failure that lasts so long does not end by itself, ms: of `dead` the second look in a row, each of half a second. */
const patienceMs = { dead: 400, bad: 5000 } as const;

/** Whether a restart is due. One that may serve has clients: the caller asks as well whether a peer could take them. */
export function isRestartDue({ kind, sinceMs }: Failing, nowMs: number): boolean {
  return nowMs - sinceMs >= patienceMs[kind];
}
