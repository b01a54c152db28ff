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

/** UNHEALTHY: nobody is served; DEGRADED: clients may be served, and something is wrong. */
export function judge(look: Look, { configProblem, routesProblem }: Beside): Verdict {
  if (!look.process) return unhealthy("HAProxy does not run: see systemctl status haproxy");
  const edgeProblem = look.edgeProblem && `the edge does not answer (${look.edgeProblem})`;
  if (edgeProblem !== null && look.apiProblem !== null) return unhealthy(edgeProblem);
  const problem =
    edgeProblem ??
    (look.apiProblem && `the Runtime API does not answer (${look.apiProblem})`) ??
    (look.responseMs > slowMs ? `the Runtime API took ${Math.round(look.responseMs)} ms` : null) ??
    configProblem ??
    routesProblem;
  return { state: problem === null ? "HEALTHY" : "DEGRADED", problem };
}

function unhealthy(problem: string): Verdict {
  return { state: "UNHEALTHY", problem };
}

/**
 * Since when HAProxy is dead, of the same clock as `nowMs`; null where it is not: its process is there, and neither the edge
 * nor the Runtime API answers. Where one of them does, clients may be served: an edge whose connections are all in use, for
 * one, answers no further request. Systemd itself starts a process that is not there.
 */
export function deadSince(look: Look, beforeMs: number | null, nowMs: number): number | null {
  const isDead = look.process && look.edgeProblem !== null && look.apiProblem !== null;
  return isDead ? (beforeMs ?? nowMs) : null;
}

/** What lasts so long does not end by itself, ms: the second look in a row, each of half a second. */
const patienceMs = 400;

/** Whether a restart is due of what has been dead since then. */
export function isRestartDue(sinceMs: number, nowMs: number): boolean {
  return nowMs - sinceMs >= patienceMs;
}
