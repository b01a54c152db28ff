import { messageOf } from "../../base/failure.ts";
import type { EgressGroupConfig } from "../../contract/egressConfig.ts";
import type { PastSwitch } from "../../contract/egressPage.ts";
import { steadyNowMs } from "../daemon/clock.ts";
import type { RuntimeClient } from "../haproxy/runtime.ts";
import { backendsOf } from "./act/actions.ts";
import { openClosings } from "./act/closings.ts";
import type { HaproxyView } from "./act/haproxyView.ts";
import { toFollow } from "./act/haproxyView.ts";
import { openPreference } from "./act/preference.ts";
import type { Requests } from "./act/requests.ts";
import { elect } from "./election/elect.ts";
import type { EgressEvent, Held } from "./election/verdict.ts";
import { adopt, type GroupMemory, type RememberedGroups } from "./memory.ts";
import type { HaproxyServerState, Observation } from "./observation.ts";
import { probeOptions, probeServer } from "./probe/probe.ts";
import type { Trust } from "./probe/tls.ts";
import type { EgressMetrics } from "./report/metrics.ts";
import type { Reporter } from "./report/reporter.ts";
import { scheduleOf } from "./schedule.ts";

const keptSwitches = 10;

/** The state of a group, for the page and for the decision on the virtual address. */
export interface GroupState {
  readonly config: EgressGroupConfig;
  readonly memory: GroupMemory;
  readonly held: readonly Held[];
  readonly switches: readonly PastSwitch[];
  /** By server: the last one that an election has taken in since this loop began. */
  readonly observations: ReadonlyMap<string, Observation>;
  readonly haproxy: Readonly<Record<string, HaproxyServerState>> | null;
}

export interface GroupLoop {
  state(): GroupState;
  /** Starts the probes that are due; their results count from the next round on. */
  probe(): void;
  /** Every server is due at once. */
  hasten(): void;
  /**
   * Elects with the new observations and makes haproxy follow. `view` is null while haproxy does not answer. Resolves to
   * whether more than a moving average changed; never rejects.
   */
  round(view: HaproxyView | null): Promise<boolean>;
  /** Another worker answers: what was set in haproxy has to be checked. */
  forgetWorker(): void;
}

export interface GroupTools {
  readonly runtime: RuntimeClient;
  readonly requests: Requests;
  readonly reporter: Reporter;
  readonly metrics: EgressMetrics;
  readonly trust: Trust;
}

/** One egress group: measures its servers, elects, and acts on haproxy. */
export function openGroup(
  config: EgressGroupConfig,
  remembered: RememberedGroups[string] | undefined,
  tools: GroupTools,
): GroupLoop {
  const { runtime, requests, reporter, metrics } = tools;
  const { probe } = config;
  const options = probeOptions(config, tools.trust);
  const preference = openPreference(config.mapFile, runtime);
  const schedule = scheduleOf(
    config.servers.map(({ name }) => name),
    {
      intervalMs: probe.intervalMs,
      limitMs: probe.connectTimeoutMs + probe.requestTimeoutMs,
      startMs: performance.now(),
    },
  );
  const backends = backendsOf(config);
  const closings = openClosings(
    (server) => requests.close(config.name, server),
    (server, problem) => reporter.trouble(`sessions on ${server} of ${config.name}`, problem),
  );
  const observations = new Map<string, Observation>();
  let fresh: Observation[] = [];
  let memory = adopt(config, remembered?.memory);
  let held: readonly Held[] = [];
  let switches: readonly PastSwitch[] = remembered?.switches ?? [];
  let haproxy: GroupState["haproxy"] = null;
  /** Found dead by this loop. A loop that starts later closes what is open on a dead server once more. */
  let dead: ReadonlySet<string> = new Set();

  async function measure(server: EgressGroupConfig["servers"][number]): Promise<void> {
    const observation = await probeServer(server, options);
    schedule.ended(server.name);
    fresh.push(observation);
    metrics.probed(config.name, observation);
  }

  function see(view: HaproxyView | null): void {
    const next = view?.states.get(config.backend) ?? null;
    for (const { name } of config.servers)
      if (next && haproxy && next[name] !== haproxy[name]) schedule.hasten(name);
    haproxy = next;
    const missing = view !== null && next === null;
    reporter.trouble(
      `group ${config.name}`,
      missing ? `haproxy has no backend ${config.backend}: apply the host's bundle again` : null,
    );
  }

  function tell(event: EgressEvent): void {
    reporter.event(config, event);
    metrics.happened(config.name, event);
    if (event.kind !== "switch") return;
    const { from, to, why } = event;
    switches = [{ at: new Date().toISOString(), from, to, why }, ...switches].slice(0, keptSwitches);
  }

  async function act(preferred: string | null, answers: boolean): Promise<void> {
    if (preferred === null) return;
    try {
      await preference.set(preferred);
      reporter.trouble(`preference of ${config.name}`, null);
    } catch (error) {
      // Where haproxy does not answer, the loop reports that once for all groups.
      if (answers) reporter.trouble(`preference of ${config.name}`, messageOf(error));
    }
  }

  async function follow(closed: ReadonlyMap<string, boolean>): Promise<void> {
    try {
      const servers = config.servers.map(({ name }) => name);
      for (const { server, state } of toFollow(servers, backends, closed))
        await requests.follow(config.name, server, state);
      reporter.trouble(`maint of ${config.name}`, null);
    } catch (error) {
      reporter.trouble(`maint of ${config.name}`, messageOf(error));
    }
  }

  /** A server counts as dead only after this loop has measured it. */
  function closeOn(found: readonly string[]): void {
    const before = dead;
    dead = new Set(found.filter((name) => observations.has(name)));
    for (const name of dead) if (!before.has(name)) closings.add(name);
    void closings.turn((name) => dead.has(name));
  }

  return {
    state: () => ({ config, memory, held, switches, observations, haproxy }),
    probe: () => {
      for (const server of config.servers)
        if (schedule.begins(server.name, performance.now())) void measure(server);
    },
    hasten: () => {
      for (const { name } of config.servers) schedule.hasten(name);
    },
    round: async (view) => {
      see(view);
      const nowMs = steadyNowMs();
      const verdict = elect(config, memory, { nowMs, observations: fresh, haproxy });
      for (const observation of fresh) observations.set(observation.server, observation);
      fresh = [];
      const heldBefore = held;
      memory = verdict.memory;
      held = verdict.held;
      for (const event of verdict.events) tell(event);
      for (const one of held)
        if (!heldBefore.some(({ server, why }) => server === one.server && why === one.why))
          metrics.heldBack(config.name, one);
      if (view !== null) await follow(view.closed);
      await act(memory.preferred, haproxy !== null);
      closeOn(verdict.dead);
      return verdict.events.length > 0;
    },
    forgetWorker: () => preference.forget(),
  };
}
