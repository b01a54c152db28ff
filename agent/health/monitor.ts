import type { Check } from "../../contract/health.ts";
import type { RouteEvent } from "../../contract/routes/event.ts";
import type { Log } from "../daemon/log.ts";
import { repeat } from "../daemon/repeat.ts";
import type { RuntimeClient } from "../haproxy/runtime.ts";
import { openConfigWatch } from "./configWatch.ts";
import type { Figures, Sample } from "./figures.ts";
import type { Healing } from "./healing.ts";
import { judge, type Verdict } from "./judge.ts";
import { type Look, type Looked, lookAtHaproxy } from "./look.ts";
import type { HealthFigures } from "./metrics.ts";
import type { Recovery } from "./recovery.ts";
import { openSampling } from "./sampling.ts";
import { type ServerStates, serverChanges, serverStatesOf } from "./servers.ts";

const everyMs = 500;

export interface MonitorOptions {
  readonly looked: Looked;
  /** For statistics, which take longer than a look. */
  readonly runtime: RuntimeClient;
  readonly recovery: Pick<Recovery, "configProblem">;
  readonly healing: Pick<Healing, "follow" | "hasGivenUp">;
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
  /** What metrics show, as the last look has it. */
  shown(): HealthFigures;
  /** When its last look ended, on the monotonic clock, ms. */
  turnedAtMs(): number;
  stop(): Promise<void>;
}

/** Looks at HAProxy again and again, tells what changes, and has it healed. */
export function openMonitor(options: MonitorOptions): Monitor {
  const { looked, runtime, recovery, healing, routesProblem, circuit, configFile, tell, log } = options;
  let last: ReturnType<Monitor["last"]> = null;
  let failures = 0;
  let turnedAtMs = performance.now();
  let circuitBefore = circuit();
  let servers: ServerStates = {};
  const sampling = openSampling(runtime);
  const config = openConfigWatch(configFile, recovery, log, (problem) => {
    log.say("notice", "the configuration of haproxy has changed", { event: "configuration", problem });
    tell({ type: "configuration", at: new Date().toISOString(), problem });
  });

  async function turn(): Promise<void> {
    const look = await lookAtHaproxy(looked);
    config.look();
    const verdict = judge(look, { configProblem: config.problem() ?? null, routesProblem: routesProblem() });
    noteVerdict(verdict, look);
    const state = circuit();
    if (state !== circuitBefore) tell({ type: "circuit", at: look.at.toISOString(), state });
    circuitBefore = state;
    healing.follow(look);
    turnedAtMs = performance.now();
    // Where it fails, whoever asks for figures is told so.
    if (look.facts) sampling.keepUp().then(noteServers, () => {});
  }

  function noteVerdict(verdict: Verdict, look: Look): void {
    const { state, problem } = verdict;
    const before = last?.verdict.state;
    last = { verdict, look, check: checkOf(look, verdict, config.problem()) };
    failures = problem === null ? 0 : failures + 1;
    log.trouble("edge", problem);
    // That it is healthy at the first look is no news.
    if (state === (before ?? "HEALTHY")) return;
    log.say("notice", `haproxy ${before === undefined ? "" : `was ${before} and `}is ${state}`, {
      event: "haproxy",
    });
    tell({ type: "haproxy", at: look.at.toISOString(), state, problem });
  }

  function noteServers({ lines }: Sample): void {
    const before = servers;
    servers = serverStatesOf(lines);
    for (const change of serverChanges(before, servers)) {
      log.say("notice", `${change.server} was ${change.before} and is ${change.state}`, { event: "server" });
      tell({ type: "server", at: new Date().toISOString(), ...change });
    }
  }

  const { stop } = repeat(everyMs, turn, (problem) => log.trouble("health of haproxy", problem));
  return {
    last: () => last,
    failures: () => failures,
    figures: async () => (last?.look.facts ? sampling.figures().catch(() => null) : null),
    shown: () => ({
      state: last?.verdict.state ?? null,
      failures,
      responseMs: last?.look.facts ? last.look.responseMs : null,
      hasGivenUp: healing.hasGivenUp(),
      servers: last?.look.facts ? servers : {},
    }),
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
