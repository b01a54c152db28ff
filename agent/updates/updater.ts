import { messageOf } from "../../base/failure.ts";
import type { Change } from "../../contract/routes/change.ts";
import type { RouteEvent } from "../../contract/routes/event.ts";
import type { WeightedTarget } from "../../contract/routes/route.ts";
import { type UpdatesConfig, updatesAgent } from "../../contract/updates/config.ts";
import { type UpdatesHealth, updateFailures } from "../../contract/updates/state.ts";
import type { Log } from "../daemon/log.ts";
import { openAudit } from "../routes/door/audit.ts";
import type { Made } from "../routes/made.ts";
import { writeOwnChanges } from "../routes/ownChanges.ts";
import { RouteProblem } from "../routes/problem.ts";
import { checkList, type Surroundings } from "./checkList.ts";
import type { FetchList } from "./fetchList.ts";
import { advance, begin, confirmed, type Effect, type Happening, isInDoubt, type Life } from "./life.ts";
import type { UpdatesMetrics } from "./metrics.ts";
import { UpdateProblem } from "./problem.ts";
import { assertNewest, changesTo } from "./route.ts";

export interface UpdaterOptions extends Surroundings {
  readonly config: UpdatesConfig;
  /** Whether this node has made the route as its config says. */
  readonly made: Made;
  readonly fetchList: FetchList;
  readonly metrics: UpdatesMetrics;
  readonly log: Log;
  /** From 0 to 1: the pauses of two nodes are not the same. */
  readonly random?: () => number;
}

export interface Updater {
  start(): void;
  shown(): UpdatesHealth;
  /** The list in doubt is meant: it is followed now. False where there is none. */
  confirm(): boolean;
  /** Calls with each event of its life; returns how to stop that. */
  subscribe(listener: (event: RouteEvent) => void): () => void;
  /** Resolves when what was under way has ended. */
  stop(): Promise<void>;
}

/** Pauses are so much shorter or longer, at most. */
const jitter = 0.1;

/** Keeps a route's targets what a service says, by the routes' own writer. The life itself is in `life.ts`. */
export function openUpdater({
  config,
  made,
  node,
  writer,
  fetchList,
  metrics,
  log,
  random = Math.random,
}: UpdaterOptions): Updater {
  const audit = openAudit(log);
  const listeners = new Set<(event: RouteEvent) => void>();
  const ending = new AbortController();
  let life: Life = begin;
  let lastSuccess: Date | undefined;
  let wake: (() => void) | undefined;
  let running: Promise<void> | undefined;

  function enter(next: Life): void {
    const isAnother = next.state !== life.state;
    life = next;
    if (life.state === "Error" && life.problem !== null) {
      metrics.failed(life.problem.reason);
      log.trouble("node updates", life.problem.words);
    }
    if (life.state === "Routing") {
      lastSuccess = new Date();
      log.trouble("node updates", null);
    }
    if (!isAnother) return;
    const { state, problem } = life;
    const event = {
      type: "updates",
      at: new Date().toISOString(),
      state,
      problem: problem?.words ?? null,
    } as const;
    for (const listener of listeners) listener(event);
  }

  async function perform(effect: Effect): Promise<Happening> {
    switch (effect.do) {
      case "load":
        await load(node);
        return { what: "loaded" };
      case "fetch": {
        const list = await fetchList(effect.etag, ending.signal);
        metrics.fetched(list === null);
        return { what: "fetched", list };
      }
      case "check":
        assertNewest(made, node.table().routes, config);
        return { what: "checked", ...(await checkList(effect.list, config, { node, writer })) };
      case "compare": {
        const { wanted } = effect;
        const isSame = changesNow(wanted).length === 0;
        if (isSame) made.note();
        return { what: "compared", wanted, isSame };
      }
      case "write":
        await writeOwnChanges({ writer, audit }, updatesAgent, changesNow(effect.wanted));
        metrics.written();
        return { what: "written", wanted: effect.wanted };
      case "wait":
        await pause(effect.forMs * (1 + jitter * (2 * random() - 1)));
        return { what: "due" };
      default:
        return effect satisfies never;
    }
  }

  function changesNow(wanted: readonly WeightedTarget[]): readonly Change[] {
    const { routes } = node.table();
    assertNewest(made, routes, config);
    return changesTo(wanted, routes, config);
  }

  function pause(forMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, forMs);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
      if (ending.signal.aborted) wake();
    });
  }

  async function run(): Promise<void> {
    let happening: Happening = { what: "started" };
    while (!ending.signal.aborted) {
      const step = advance(life, happening, config);
      enter(step.life);
      happening = await perform(step.effect).catch(failureOf);
    }
  }

  return {
    start: () => {
      running ??= run();
    },
    shown: () => {
      const { state, list, unanswered, problem, doubted } = life;
      return {
        status: problem === null ? "healthy" : "degraded",
        state,
        host: config.host,
        nodes: list === null ? null : list.targets.length,
        unanswered,
        lastSuccess: lastSuccess?.toISOString() ?? null,
        doubt: isInDoubt(life) ? { seen: doubted, needed: config.confirmAfter } : null,
        problem: problem?.words ?? null,
      };
    },
    confirm: () => {
      if (!isInDoubt(life)) return false;
      life = confirmed(life);
      wake?.();
      return true;
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    stop: async () => {
      ending.abort();
      wake?.();
      await running;
    },
  };
}

/** Before the routes of the pair are known, the first list would be compared with nothing. */
async function load(node: Surroundings["node"]): Promise<void> {
  await node.begun();
  const { store } = node.problem();
  if (node.table().version === 0 && store !== null) throw new RouteProblem("unavailable", store);
}

function failureOf(error: unknown): Extract<Happening, { what: "failed" }> {
  if (error instanceof UpdateProblem) return { what: "failed", reason: error.reason, words: error.message };
  return { what: "failed", reason: "routes", words: `${updateFailures.routes}: ${messageOf(error)}` };
}
