import { messageOf } from "../../base/failure.ts";
import type { Check } from "../../contract/health.ts";
import type { RouteEvent } from "../../contract/routes/event.ts";
import type { Log } from "../daemon/log.ts";
import { repeat } from "../daemon/repeat.ts";
import type { RuntimeClient } from "../haproxy/runtime.ts";
import { RouteProblem } from "../routes/problem.ts";
import { openConfigWatch } from "./configWatch.ts";
import type { Figures } from "./figures.ts";
import { deadSince, isRestartDue, judge, type Verdict } from "./judge.ts";
import { type Look, type Looked, lookAtHaproxy } from "./look.ts";
import type { Recovery } from "./recovery.ts";
import { openSampling } from "./sampling.ts";

const everyMs = 500;
/** Before root is asked again, ms: a restart takes its time; and after one that was refused. */
const pauseMs = 5000;
const refusedPauseMs = 30_000;

export interface MonitorOptions {
  readonly looked: Looked;
  /** For statistics, which take longer than a look. */
  readonly runtime: RuntimeClient;
  readonly recovery: Recovery;
  readonly peerIsFit: () => Promise<boolean>;
  /** Why routes do not reach HAProxy; null where they do. */
  readonly routesProblem: () => string | null;
  /** State of the breaker in front of changes. */
  readonly circuit: () => Extract<RouteEvent, { type: "circuit" }>["state"];
  /** HAProxy's configuration, absolute path. */
  readonly configFile: string;
  readonly tell: (event: RouteEvent) => void;
  readonly log: Log;
}

export interface Monitor {
  /** The last verdict and what it rests on; null before the first look. */
  last(): { readonly verdict: Verdict; readonly check: Check; readonly look: Look } | null;
  /** Looks one after another that were not HEALTHY, until now. */
  failures(): number;
  /** Counters, with rates over the last seconds; null where the Runtime API does not answer. */
  figures(): Promise<Figures | null>;
  /** Restarts HAProxy because somebody asks for it. Rejects with a RouteProblem. */
  restart(): Promise<void>;
  /** When its last look ended, on the monotonic clock, ms. */
  turnedAtMs(): number;
  stop(): Promise<void>;
}

/** Looks at HAProxy again and again, tells when its state changes, and has it restarted where it hangs. */
export function openMonitor(options: MonitorOptions): Monitor {
  const { looked, runtime, recovery, peerIsFit, routesProblem, circuit, configFile, tell, log } = options;
  let last: ReturnType<Monitor["last"]> = null;
  let failures = 0;
  let turnedAtMs = performance.now();
  let deadSinceMs: number | null = null;
  let notBeforeMs = 0;
  let circuitBefore = circuit();
  const sampling = openSampling(runtime);
  const config = openConfigWatch(configFile, recovery, log);

  async function turn(): Promise<void> {
    const look = await lookAtHaproxy(looked);
    config.look();
    const verdict = judge(look, { configProblem: config.problem() ?? null, routesProblem: routesProblem() });
    const before = last?.verdict.problem ?? null;
    last = { verdict, look, check: checkOf(look, verdict, config.problem()) };
    failures = verdict.problem === null ? 0 : failures + 1;
    log.trouble("edge", verdict.problem);
    if ((before === null) !== (verdict.problem === null))
      tell({ type: "haproxy", at: look.at.toISOString(), problem: verdict.problem });
    const state = circuit();
    if (state !== circuitBefore) tell({ type: "circuit", at: look.at.toISOString(), state });
    circuitBefore = state;
    const nowMs = performance.now();
    deadSinceMs = deadSince(look, deadSinceMs, nowMs);
    turnedAtMs = performance.now();
    // Later rates need it; where it fails, whoever asks for figures is told so.
    if (look.facts) sampling.keepUp().catch(() => {});
    if (deadSinceMs === null || nowMs < notBeforeMs || !isRestartDue(deadSinceMs, nowMs)) return;
    notBeforeMs = performance.now() + pauseMs;
    // A restart takes longer than a turn, and the looks go on meanwhile.
    restart("it has failed", recovery.revive).catch(() => {
      notBeforeMs = performance.now() + refusedPauseMs;
    });
  }

  /** Says in the journal and in the events how it ended. @param ask resolves to the reason why nothing was done, if any */
  async function restart(why: string, ask: () => Promise<string | null>): Promise<void> {
    const at = () => new Date().toISOString();
    try {
      const spared = await ask();
      if (spared !== null) {
        log.say("notice", `haproxy was not restarted: ${spared}`, { event: "recovery" });
        return;
      }
      log.say("notice", `haproxy was restarted because ${why}`, { event: "recovery" });
      log.trouble("restart of haproxy", null);
      tell({ type: "recovery", at: at(), problem: null });
    } catch (error) {
      log.trouble("restart of haproxy", messageOf(error));
      tell({ type: "recovery", at: at(), problem: messageOf(error) });
      throw error;
    }
  }

  const { stop } = repeat(everyMs, turn, (problem) => log.trouble("health of haproxy", problem));
  return {
    last: () => last,
    failures: () => failures,
    figures: async () => (last?.look.facts ? sampling.figures().catch(() => null) : null),
    restart: async () => {
      if (deadSinceMs === null && !(await peerIsFit()))
        throw new RouteProblem(
          "no-peer",
          "HAProxy may serve clients here and no other node could take them meanwhile: repair another node first.",
        );
      await restart("it was asked for", async () => {
        await recovery.restart();
        return null;
      });
    },
    turnedAtMs: () => turnedAtMs,
    stop,
  };
}

function checkOf(look: Look, { state }: Verdict, configProblem: string | null | undefined): Check {
  const answers = look.apiProblem === null;
  return {
    timestamp: look.at.toISOString(),
    status: state,
    details: {
      containerRunning: look.unit,
      processRunning: look.process,
      apiConnected: answers,
      serving: look.edgeProblem === null,
      configValid: configProblem === undefined ? null : configProblem === null,
      responseTime: answers ? Math.round(look.responseMs * 10) / 10 : null,
    },
  };
}
