import { randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { messageOf } from "../../../base/failure.ts";
import { askAll, RuntimeError } from "../../haproxy/runtime.ts";
import {
  changeCommands,
  type EntryChange,
  generationIn,
  inLines,
  preparedVersion,
  readGeneration,
  versionCommands,
  workerIn,
} from "./commands.ts";

/** For one line of commands; a worker that needs longer hangs. */
const answerMs = 1000;
/** Tells the worker: all lines of a version have to go to one. */
const whoAnswers = "show info";
/** Pause after a failure, and how long another worker can serve an old map before it is noticed. */
const lookMs = 100;

export interface RouteMapTools {
  /** Why haproxy does not do what it is told; null once it does. */
  readonly onProblem: (problem: string | null) => void;
  /** Changes are served, so long after their turn came. */
  readonly onServed: (seconds: number) => void;
  /** The whole map was written as a worker had another one, or nobody knew which. */
  readonly onReconciled: () => void;
}

/**
 * HAProxy's map of routes, held as it should be. A worker has only what it was told: after a reload there is another one,
 * with the map file of its start. So each command goes over a connection of its own to the worker that serves now, and
 * each time the map's generation tells whether that worker still has this map; otherwise it gets the whole one.
 */
export class RouteMap {
  readonly #socket: string;
  readonly #file: string;
  readonly #tools: RouteMapTools;
  readonly #entries = new Map<string, string>();
  /** Before that, what a worker has is better than nothing. */
  #isGiven = false;
  /** Null while it is not known whether the worker has the entries. */
  #generation: string | null = null;
  #problem: string | null = null;
  #last: Promise<unknown> = Promise.resolve();
  #isBusy = false;
  #turnedAtMs = performance.now();
  readonly #stopping = new AbortController();
  #looking: NodeJS.Timeout | undefined;

  /** @param file as haproxy's configuration names it */
  constructor(where: { readonly socket: string; readonly file: string }, tools: RouteMapTools) {
    this.#socket = where.socket;
    this.#file = where.file;
    this.#tools = tools;
  }

  /** Looks from now on whether haproxy still has the map. The first one comes by `serveAll`. */
  start(): void {
    this.#looking = setInterval(() => {
      if (!this.#isBusy) this.#look().catch(() => {});
    }, lookMs);
  }

  /** Resolves when nothing is under way any more; haproxy goes on with what it has. */
  async stop(): Promise<void> {
    clearInterval(this.#looking);
    this.#stopping.abort(new Error("the daemon no longer changes haproxy's map"));
    await this.#last;
  }

  /** When haproxy was last asked, with or without success, on the monotonic clock, ms. */
  turnedAtMs(): number {
    return this.#turnedAtMs;
  }

  /**
   * Resolves when haproxy serves the changes, however long that takes; rejects once it is stopped.
   * @param together whether a request may see only all of them or none
   */
  serve(changes: readonly EntryChange[], together: boolean): Promise<void> {
    return this.#inTurn(async () => {
      if (!this.#isGiven) throw new Error("no routes are known yet");
      const commands = changeCommands(this.#file, this.#entries, changes);
      this.#note(changes);
      if (commands.length === 0 && this.#generation !== null) return;
      await this.#until(() => {
        if (this.#generation === null) return this.#reconcile();
        return together && commands.length > 1 ? this.#writeWhole() : this.#send(commands);
      });
    });
  }

  /** The same for the whole map, in place of what haproxy has. */
  serveAll(entries: ReadonlyMap<string, string>): Promise<void> {
    return this.#inTurn(async () => {
      this.#isGiven = true;
      this.#entries.clear();
      for (const [key, value] of entries) this.#entries.set(key, value);
      await this.#until(() => this.#writeWhole());
    });
  }

  #note(changes: readonly EntryChange[]): void {
    for (const { key, value } of changes) {
      if (value === null) this.#entries.delete(key);
      else this.#entries.set(key, value);
    }
  }

  /** Tries until haproxy has the entries: by `first`, and then with the whole map. */
  async #until(first: () => Promise<void>): Promise<void> {
    const startedAt = performance.now();
    let attempt = first;
    while (!(await this.#succeeds(attempt))) {
      attempt = () => this.#reconcile();
      const { signal } = this.#stopping;
      if (this.#problem !== null) await delay(lookMs, undefined, { signal }).catch(() => {});
      signal.throwIfAborted();
    }
    this.#tools.onServed((performance.now() - startedAt) / 1000);
  }

  /** Whether haproxy has the map afterwards. Never rejects. */
  async #succeeds(work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      this.#problem = null;
    } catch (error) {
      this.#generation = null;
      this.#problem = messageOf(error);
    }
    this.#turnedAtMs = performance.now();
    this.#tools.onProblem(this.#problem);
    return this.#generation !== null;
  }

  /** Afterwards the generation is null where another worker has got the commands. */
  async #send(commands: readonly string[]): Promise<void> {
    for (const line of inLines(commands, readGeneration(this.#file))) {
      const { read, others } = generationIn(await this.#ask(line));
      if (read !== this.#generation) this.#generation = null;
      if (this.#generation === null) return;
      if (others !== "") throw refused(others);
    }
  }

  async #writeWhole(): Promise<void> {
    const next = randomBytes(8).toString("hex");
    const prepared = workerIn(await this.#ask([`prepare map ${this.#file}`, whoAnswers]));
    const commands = versionCommands(this.#file, preparedVersion(prepared.others), this.#entries, next);
    let last = "";
    for (const line of inLines(commands, whoAnswers)) {
      if (last !== "") throw refused(last);
      const { read, others } = workerIn(await this.#ask(line));
      if (read !== prepared.read) throw refused("another worker has taken over");
      last = others;
    }
    if (generationIn(last).read !== next) throw refused(last);
    this.#generation = next;
  }

  async #reconcile(): Promise<void> {
    await this.#writeWhole();
    this.#tools.onReconciled();
  }

  /** Rejects once it is stopped. */
  #look(): Promise<void> {
    return this.#inTurn(async () => {
      if (!this.#isGiven || this.#generation !== null) await this.#succeeds(() => this.#send([]));
      if (this.#isGiven && this.#generation === null) await this.#succeeds(() => this.#reconcile());
    });
  }

  /** Each time over a connection of its own: one that is kept open stays with a worker that serves no more. */
  #ask(commands: readonly string[]): Promise<string> {
    return askAll(this.#socket, commands, { timeoutMs: answerMs });
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const turn = this.#last.then(async () => {
      this.#stopping.signal.throwIfAborted();
      this.#isBusy = true;
      try {
        return await work();
      } finally {
        this.#isBusy = false;
      }
    });
    this.#last = turn.catch(() => {});
    return turn;
  }
}

function refused(words: string): RuntimeError {
  return new RuntimeError("refused", `haproxy refuses a change of its map of routes: ${words.slice(0, 200)}`);
}
