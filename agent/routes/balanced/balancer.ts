import { setTimeout as delay } from "node:timers/promises";
import { messageOf } from "../../../base/failure.ts";
import { runtimeClient } from "../../haproxy/runtime.ts";
import { type Running, readRunning, stepsTo } from "./commands.ts";
import type { WantedBackend } from "./servers.ts";
import { balanceVerb } from "./verb.ts";

/** Longer than root's door takes. */
const actionMs = 18_000;
const statMs = 2000;
/** How long a change waits for its servers. Without them, its route leads to the first target alone. */
const patienceMs = 3000;
/** How often it is looked whether the servers are right. */
const lookMs = 1000;
/** How long root is left alone after it was asked by a look, and after a failure. */
const pauseMs = 3000;
const againMs = 10_000;

/** The worker's servers, as the daemon may see and have them changed. */
export interface HaproxyServers {
  /** Rejects with a RuntimeError, as the other. */
  running(): Promise<Running>;
  /** Has root make them those of the log. */
  balance(): Promise<void>;
}

export function openServers(runtimeSocket: string, actionSocket: string): HaproxyServers {
  const runtime = runtimeClient(runtimeSocket, { timeoutMs: statMs });
  const action = runtimeClient(actionSocket, { timeoutMs: actionMs });
  return {
    running: () => readRunning(runtime),
    balance: () => action.do(balanceVerb),
  };
}

/** Keeps haproxy's servers those of the routes that need some: a new worker has none. */
export class Balancer {
  readonly #servers: HaproxyServers;
  readonly #wanted: () => ReadonlyMap<number, WantedBackend> | null;
  readonly #drainS: number;
  readonly #onProblem: (problem: string | null) => void;
  /** Whether the worker may have servers: those of routes that are gone have to go, too. */
  #mayHave = true;
  #isBusy = false;
  #last: Promise<unknown> = Promise.resolve();
  #problem: string | null = null;
  #againAtMs = 0;
  #looking: NodeJS.Timeout | undefined;
  #isStopped = false;

  /** @param wanted null while no table is known: haproxy goes on with what it has */
  constructor(
    servers: HaproxyServers,
    wanted: () => ReadonlyMap<number, WantedBackend> | null,
    drainS: number,
    onProblem: (problem: string | null) => void,
  ) {
    this.#servers = servers;
    this.#wanted = wanted;
    this.#drainS = drainS;
    this.#onProblem = onProblem;
  }

  start(): void {
    this.lookNow();
    this.#looking = setInterval(() => {
      if (!this.#isBusy && performance.now() >= this.#againAtMs) this.lookNow();
    }, lookMs);
  }

  /** Root ends by itself what it was asked for. */
  stop(): void {
    this.#isStopped = true;
    clearInterval(this.#looking);
  }

  /** Has the servers made what the log says; resolves when they are, or after a while. Never rejects. */
  async settle(): Promise<void> {
    this.#mayHave = true;
    const over = new AbortController();
    const made = this.#inTurn(() => this.#servers.balance()).finally(() => over.abort());
    await Promise.race([made, delay(patienceMs, undefined, { signal: over.signal }).catch(() => {})]);
  }

  /** Looks whether the worker has its servers: one that has just begun lacks them. */
  lookNow(): void {
    if (this.#wanted() === null || (!this.#mayHave && this.#wanted()?.size === 0)) return;
    this.#inTurn(async () => {
      const running = await this.#servers.running();
      const wanted = this.#wanted() ?? new Map<number, WantedBackend>();
      this.#mayHave = wanted.size > 0 || running.servers.length > 0;
      if (stepsTo(wanted, running, this.#drainS).length === 0) return;
      await this.#servers.balance();
      this.#againAtMs = performance.now() + pauseMs;
    });
  }

  /** Never rejects. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#last.then(async () => {
      if (this.#isStopped) return;
      this.#isBusy = true;
      const problem = await work().then(() => null, messageOf);
      this.#isBusy = false;
      if (!this.#isStopped) this.#note(problem);
    });
    this.#last = turn;
    return turn;
  }

  #note(problem: string | null): void {
    if (problem !== null) this.#againAtMs = performance.now() + againMs;
    if (problem !== null || this.#problem !== null) this.#onProblem(problem);
    this.#problem = problem;
  }
}
