import { setTimeout as delay } from "node:timers/promises";
import { messageOf } from "../../../base/failure.ts";
import { balancedBackend } from "../../../contract/routes/balanced.ts";
import { runtimeClient } from "../../haproxy/runtime.ts";
import { type Running, readRunning, stepsTo } from "./commands.ts";
import type { WantedBackend } from "./servers.ts";
import { balanceVerb } from "./verb.ts";

/** Longer than root's door takes. */
const actionMs = 18_000;
const statMs = 2000;
/** How long a change waits for its servers; and how long while it is known that they come late or not at all. */
const patienceMs = 3000;
const shortPatienceMs = 100;
/** How often it is looked whether the servers are right. */
const lookMs = 1000;
/** How long root is left alone after it was asked by a look, and after a failure. */
const pauseMs = 3000;

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

export interface BalancerTools {
  /** Of the routes as the log has them. Null while no table is known: haproxy goes on with what it has. */
  readonly wanted: () => ReadonlyMap<number, WantedBackend> | null;
  readonly drainS: number;
  readonly onProblem: (problem: string | null) => void;
  /** It is known anew which servers there are. */
  readonly onSeen: () => void;
}

/** Keeps haproxy's servers those of the routes that need some: a new worker has none. */
export class Balancer {
  readonly #servers: HaproxyServers;
  readonly #tools: BalancerTools;
  /** Servers that may get requests, as haproxy showed them last: names by backend. Null before the first time. */
  #shown: ReadonlyMap<string, ReadonlySet<string>> | null = null;
  /** Further ones that root may make of the log: a run of root's that is late goes on by itself. */
  readonly #asked = new Map<string, Set<string>>();
  #isAsking = false;
  /** Whether the worker may have servers: those of routes that are gone have to go, too. */
  #mayHave = true;
  #isDue = false;
  #isLate = false;
  /** Runs of root's that have ended. */
  #runs = 0;
  /** Why the last one has not done what it should. */
  #failure: string | null = null;
  #problem: string | null = null;
  #againAtMs = 0;
  #last: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;
  #looking: NodeJS.Timeout | undefined;
  readonly #stopping = new AbortController();

  constructor(servers: HaproxyServers, tools: BalancerTools) {
    this.#servers = servers;
    this.#tools = tools;
  }

  start(): void {
    this.lookNow();
    this.#looking = setInterval(() => {
      if (this.#hasWork()) this.#soon();
    }, lookMs);
  }

  /** Root ends by itself what it was asked for; nobody waits for that. */
  stop(): void {
    this.#stopping.abort();
    clearInterval(this.#looking);
  }

  /** Has the servers made what the log says; resolves when they are, or after a while. Never rejects. */
  async settle(): Promise<void> {
    this.#mayHave = true;
    this.#isDue = true;
    // Root may read the log as it is by now.
    if (this.#isAsking) this.#noteAsked();
    const over = new AbortController();
    const signal = AbortSignal.any([over.signal, this.#stopping.signal]);
    const isKnown = this.#problem !== null || this.#isLate;
    const late = delay(isKnown ? shortPatienceMs : patienceMs, true, { signal }).catch(() => false);
    const made = this.#soon().then(() => false);
    if (await Promise.race([made, late])) this.#isLate = true;
    over.abort();
  }

  /** Looks whether the worker has its servers: one that has just begun lacks them. */
  lookNow(): void {
    if (!this.#hasWork()) return;
    this.#isDue = true;
    this.#soon();
  }

  /** Asks haproxy which servers there are. Never rejects. */
  async see(): Promise<void> {
    // The looks say what is wrong.
    await this.#see().catch(() => {});
  }

  /** Whether no server of the backend may get requests but those that are wanted there. */
  isHeld(number: number, { servers }: WantedBackend): boolean {
    return this.#named(number)?.every((name) => servers.has(name)) ?? false;
  }

  /** Whether haproxy has shown that no server of the backend gets requests, and root adds none. */
  isEmpty(number: number): boolean {
    return this.#named(number)?.length === 0;
  }

  #named(number: number): readonly string[] | undefined {
    const backend = balancedBackend(number);
    if (this.#shown === null) return undefined;
    return [...(this.#shown.get(backend) ?? []), ...(this.#asked.get(backend) ?? [])];
  }

  #hasWork(): boolean {
    const wanted = this.#tools.wanted();
    return wanted !== null && (this.#mayHave || wanted.size > 0);
  }

  /** Resolves at the end of a round that begins from now on. Whoever asks while one is under way shares the next one. */
  #soon(): Promise<void> {
    if (this.#next !== undefined) return this.#next;
    const next = this.#last.then(async () => {
      this.#next = undefined;
      if (this.#stopping.signal.aborted) return;
      const problem = await this.#round().catch(messageOf);
      if (this.#stopping.signal.aborted) return;
      this.#note(problem);
      this.#tools.onSeen();
    });
    this.#next = next;
    this.#last = next;
    return next;
  }

  /** Resolves to what is wrong. Rejects with a RuntimeError. */
  async #round(): Promise<string | null> {
    const isDue = this.#isDue && this.#failure === null;
    this.#isDue = false;
    const running = await this.#see();
    const wanted = this.#tools.wanted();
    if (wanted === null) return null;
    this.#mayHave = wanted.size > 0 || running.servers.length > 0;
    if (stepsTo(wanted, running, this.#tools.drainS).length === 0) this.#failure = null;
    else if (isDue || performance.now() >= this.#againAtMs) {
      this.#failure = await this.#ask();
      this.#againAtMs = performance.now() + pauseMs;
      await this.#see();
    }
    return this.#failure;
  }

  /** Resolves to why root has not done it. */
  async #ask(): Promise<string | null> {
    this.#isAsking = true;
    this.#noteAsked();
    const failure = await this.#servers.balance().then(() => null, messageOf);
    this.#isAsking = false;
    this.#runs += 1;
    // One run of root's ends before the next one begins: none goes on now.
    if (failure === null) this.#asked.clear();
    return failure;
  }

  #noteAsked(): void {
    for (const [number, { servers }] of this.#tools.wanted() ?? []) {
      const backend = balancedBackend(number);
      this.#asked.set(backend, new Set([...(this.#asked.get(backend) ?? []), ...servers.keys()]));
    }
  }

  async #see(): Promise<Running> {
    const runs = this.#runs;
    const running = await this.#servers.running();
    // It may be as of before root has ended.
    if (runs !== this.#runs) return running;
    const shown = new Map<string, Set<string>>();
    for (const { backend, name, isLeaving } of running.servers)
      if (!isLeaving) shown.set(backend, new Set([...(shown.get(backend) ?? []), name]));
    this.#shown = shown;
    return running;
  }

  #note(problem: string | null): void {
    if (problem === null) this.#isLate = false;
    if (problem !== null || this.#problem !== null) this.#tools.onProblem(problem);
    this.#problem = problem;
  }
}
