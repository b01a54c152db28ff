import { messageOf } from "../../base/failure.ts";
import type { EgressConfig } from "../../contract/egressConfig.ts";
import type { EgressPage } from "../../contract/egressPage.ts";
import { openVip } from "../address/addressLoop.ts";
import type { VipMemory } from "../address/decide.ts";
import { holdOf } from "../address/hold.ts";
import { repeat } from "../daemon/repeat.ts";
import { factsOf } from "../haproxy/info.ts";
import { runtimeClient } from "../haproxy/runtime.ts";
import { type HaproxyView, haproxyView } from "./act/haproxyView.ts";
import { openGroup } from "./groupLoop.ts";
import { pageOf } from "./page.ts";
import { trustOf } from "./probe/tls.ts";
import type { Metrics } from "./report/metrics.ts";
import type { Reporter } from "./report/reporter.ts";
import { type RememberedGroups, writeState } from "./stateFile.ts";

const pollMs = 500;
const vipMs = 500;
const runtimeMs = 1000;
/** Another worker has read the map file by itself: to notice it is not urgent. */
const workerMs = 2000;
/** An average alone is worth a write so often only. */
const averagesMs = 10_000;

/** What a loop hands to the one after it when the config changes. */
export interface Legacy {
  readonly groups: RememberedGroups;
  readonly vip: VipMemory;
  readonly pid: number | undefined;
}

export interface EgressLoop {
  page(): EgressPage;
  /** When the last round ended, on the clock that is never set back; 0 before the first. */
  turnedAtMs(): number;
  /**
   * Keeps what is known on disk before it returns, and begins nothing more; everything goes on serving as it is.
   * Resolves when what was under way has ended: from then on another loop may act.
   */
  stop(): Promise<Legacy>;
}

/** Polls, probes, elects and acts until stopped. Throws where `ca` is no certificate. */
export function startLoop(
  config: EgressConfig,
  legacy: Legacy,
  reporter: Reporter,
  metrics: Metrics,
): EgressLoop {
  const client = (socket: string) => runtimeClient(socket, { timeoutMs: runtimeMs, onCall: metrics.called });
  const runtime = client(config.runtimeSocket);
  const tools = {
    runtime,
    master: client(config.masterSocket),
    reporter,
    metrics,
    trust: trustOf(config.ca),
  };
  const groups = config.groups.map((group) => openGroup(group, legacy.groups[group.name], tools));
  const measureAnew = (): void => {
    for (const group of groups) group.hasten();
  };
  const vip = openVip(config, reporter, measureAnew, legacy.vip);
  let pid = legacy.pid;
  let pidAtMs = 0;
  let problem: string | null = "not asked yet";
  let turnedAtMs = 0;
  let writtenAtMs = 0;
  let stopped = false;

  const states = () => groups.map((group) => group.state());

  async function look(): Promise<HaproxyView | null> {
    try {
      // Always the same question first: a trouble that lasts is then told in the same words, and so once.
      const view = await haproxyView(runtime);
      if (problem !== null || performance.now() - pidAtMs > workerMs) await noteWorker();
      problem = null;
      reporter.trouble("haproxy", null);
      return view;
    } catch (error) {
      problem = messageOf(error);
      reporter.trouble("haproxy", `${problem}; it goes on with the servers that it has`);
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

  function remembered(): RememberedGroups {
    return Object.fromEntries(
      states().map((group) => [group.config.name, { memory: group.memory, switches: [...group.switches] }]),
    );
  }

  function keep(): void {
    try {
      writeState(config.stateFile, { groups: remembered(), vip: vip.memory() });
      writtenAtMs = performance.now();
      reporter.trouble("state file", null);
    } catch (error) {
      reporter.trouble("state file", messageOf(error));
    }
  }

  async function round(): Promise<void> {
    const view = await look();
    if (stopped) return;
    const changed = await Promise.all(groups.map((group) => group.round(view)));
    if (changed.includes(true) || performance.now() - writtenAtMs > averagesMs) keep();
    turnedAtMs = performance.now();
  }

  async function moveVip(): Promise<void> {
    if (await vip.step(states())) keep();
  }

  async function probe(): Promise<void> {
    for (const group of groups) group.probe();
  }

  const repeated = [
    repeat(pollMs / 2, probe, (problem) => reporter.trouble("probes", problem)),
    repeat(pollMs, round, (problem) => reporter.trouble("round", problem)),
    repeat(vipMs, moveVip, (problem) => reporter.trouble("virtual address", problem)),
  ];

  return {
    page: () =>
      pageOf(config, states(), {
        at: new Date(),
        givenUp: vip.memory().givenUp,
        hold: holdOf(config),
        problem,
      }),
    turnedAtMs: () => turnedAtMs,
    stop: async () => {
      stopped = true;
      const ended = Promise.all(repeated.map((one) => one.stop()));
      keep();
      await ended;
      return { groups: remembered(), vip: vip.memory(), pid };
    },
  };
}
