import { messageOf } from "../../base/failure.ts";
import type { EgressConfig } from "../../contract/egressConfig.ts";
import { repeat } from "../daemon/repeat.ts";
import { factsOf } from "../haproxy/info.ts";
import { runtimeClient } from "../haproxy/runtime.ts";
import { type HaproxyView, haproxyView } from "./act/haproxyView.ts";
import { requestsTo } from "./act/requests.ts";
import { doubtOf } from "./fitness.ts";
import { type GroupState, openGroup } from "./groupLoop.ts";
import type { RememberedGroups } from "./memory.ts";
import { trustOf } from "./probe/tls.ts";
import type { EgressMetrics } from "./report/metrics.ts";
import type { Reporter } from "./report/reporter.ts";

const pollMs = 500;
/** On a node without egress nothing depends on noticing quickly whether haproxy answers. */
const idlePollMs = 5000;
const runtimeMs = 1000;
/** A request starts a program of its own. */
const actionMs = 5000;
/** A new worker reads the map file when it starts, so it need not be noticed quickly. */
const workerMs = 2000;
/** Moving averages alone are written to disk only this often. */
const averagesMs = 10_000;

export interface EgressLoop {
  groups(): readonly GroupState[];
  /** Why haproxy does not answer; null while it does. */
  problem(): string | null;
  /** What the next loop starts from. */
  remembered(): RememberedGroups;
  /** Process id of the worker that answered last. */
  pid(): number | undefined;
  /** When the last round ended, or else when the loop began, on the monotonic clock, ms. */
  turnedAtMs(): number;
  /** Every server is measured again now. */
  remeasure(): void;
  /** Begins nothing more. Resolves when what was under way has ended: from then on another loop may act. */
  stop(): Promise<void>;
}

export interface LoopTools {
  readonly reporter: Reporter;
  readonly metrics: EgressMetrics;
  /** Writes to disk what the loop remembers; false where that fails, never throws. */
  keep(): boolean;
}

/** Polls, probes, elects and acts until stopped. Throws where `ca` is not a certificate. */
export function startLoop(
  config: EgressConfig,
  before: { readonly groups: RememberedGroups; readonly pid: number | undefined },
  { reporter, metrics, keep }: LoopTools,
): EgressLoop {
  const runtime = runtimeClient(config.runtimeSocket, { timeoutMs: runtimeMs, onCall: metrics.called });
  const tools = {
    runtime,
    requests: requestsTo(runtimeClient(config.actionSocket, { timeoutMs: actionMs, onCall: metrics.called })),
    reporter,
    metrics,
    trust: trustOf(config.ca),
  };
  const groups = config.groups.map((group) => openGroup(group, before.groups[group.name], tools));
  let pid = before.pid;
  let pidAtMs = 0;
  let problem: string | null = "not asked yet";
  let turnedAtMs = performance.now();
  let writtenAtMs = 0;
  let stopped = false;

  async function look(): Promise<HaproxyView | null> {
    try {
      // The same question first each time: a problem that lasts then has the same message, and is logged once.
      const view = await haproxyView(runtime);
      if (problem !== null || performance.now() - pidAtMs > workerMs) await noteWorker();
      problem = null;
      reporter.trouble("haproxy", null);
      return view;
    } catch (error) {
      problem = messageOf(error);
      reporter.trouble("haproxy", `${problem}; the agent goes on measuring`);
      return null;
    }
  }

  async function noteWorker(): Promise<void> {
    const facts = factsOf(await runtime.ask("show info"));
    pidAtMs = performance.now();
    if (facts.pid === pid) return;
    if (pid !== undefined)
      reporter.everywhere(config.groups, "HAProxy was reloaded or restarted", {
        event: "worker",
        pid: facts.pid,
      });
    pid = facts.pid;
    for (const group of groups) group.forgetWorker();
  }

  async function round(): Promise<void> {
    const view = await look();
    if (stopped) return;
    const changed = await Promise.all(groups.map((group) => group.round(view)));
    if (view !== null) for (const state of states()) reportDoubt(state);
    const isDue = changed.includes(true) || performance.now() - writtenAtMs > averagesMs;
    if (isDue && keep()) writtenAtMs = performance.now();
    turnedAtMs = performance.now();
  }

  function reportDoubt(state: GroupState): void {
    const doubt = doubtOf(state);
    reporter.trouble(
      `measurements of ${state.config.name}`,
      doubt === undefined
        ? null
        : `every proxy fails, but ${doubt}: the virtual address stays; check this host's clock, certificates and limits`,
    );
  }

  async function probe(): Promise<void> {
    for (const group of groups) group.probe();
  }

  const states = () => groups.map((group) => group.state());
  const everyMs = groups.length > 0 ? pollMs : idlePollMs;
  const repeated = [
    repeat(everyMs / 2, probe, (problem) => reporter.trouble("probes", problem)),
    repeat(everyMs, round, (problem) => reporter.trouble("round", problem)),
  ];
  return {
    groups: states,
    problem: () => problem,
    remembered: () =>
      Object.fromEntries(
        states().map(({ config, memory, switches }) => [config.name, { memory, switches: [...switches] }]),
      ),
    pid: () => pid,
    turnedAtMs: () => turnedAtMs,
    remeasure: () => {
      for (const group of groups) group.hasten();
    },
    stop: async () => {
      stopped = true;
      await Promise.all(repeated.map((one) => one.stop()));
    },
  };
}
