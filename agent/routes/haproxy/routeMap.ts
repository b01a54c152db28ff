import { randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { messageOf } from "../../../base/failure.ts";
import { askAll, RuntimeError } from "../../haproxy/runtime.ts";
import { Turns } from "../turns.ts";
import {
  changeCommands,
  clearVersion,
  commitCommands,
  type EntryChange,
  firstLine,
  generationIn,
  generationKey,
  inLines,
  preparedVersion,
  prepareVersion,
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

/** HAProxy refuses a map as a whole: it goes on with the one that it has. */
export class MapRefused extends Error {
  override readonly name = "MapRefused";

  /** @param words HAProxy's own */
  constructor(words: string) {
    super(`haproxy refuses a change of its map of routes: ${firstLine(words)}`);
  }
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
  /** Where that is that haproxy refuses the map as a whole. */
  #refusal: MapRefused | null = null;
  readonly #turns = new Turns();
  #turnedAtMs = performance.now();
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
      if (!this.#turns.isBusy) this.#look().catch(() => {});
    }, lookMs);
  }

  /** Resolves when nothing is under way any more; haproxy goes on with what it has. */
  async stop(): Promise<void> {
    clearInterval(this.#looking);
    await this.#turns.stop("the daemon no longer changes haproxy's map");
  }

  /** When haproxy was last asked, with or without success, on the monotonic clock, ms. */
  turnedAtMs(): number {
    return this.#turnedAtMs;
  }

  /** Whether haproxy refuses the map as a whole, with whatever changes. */
  get isRefused(): boolean {
    return this.#refusal !== null;
  }

  /** What the map has for a key; undefined where it has nothing. */
  entry(key: string): string | undefined {
    return this.#entries.get(key);
  }

  /**
   * Resolves when haproxy serves the changes, however long that takes. Rejects with MapRefused where haproxy refuses them,
   * which leaves the map as it was, and once it is stopped.
   * @param together whether a request may see only all of them or none
   */
  serve(changes: readonly EntryChange[], together: boolean): Promise<void> {
    return this.#turns.take(async () => {
      if (!this.#isGiven) throw new Error("no routes are known yet");
      const commands = changeCommands(this.#file, this.#entries, changes);
      const before = changes.map(({ key }) => ({ key, value: this.#entries.get(key) ?? null }));
      this.#note(changes);
      if (commands.length === 0 && this.#generation !== null) return;
      try {
        await this.#until(() => {
          if (this.#generation === null) return this.#reconcile();
          return together && commands.length > 1 ? this.#writeWhole() : this.#send(commands);
        });
      } catch (error) {
        this.#note(before);
        // Some of the changes may have been made before one was refused. And the next caller need not wait for a look.
        if (error instanceof MapRefused)
          await this.#succeeds(() => (this.#generation === null ? this.#reconcile() : this.#send([])));
        throw error;
      }
    });
  }

  /** The same for the whole map, in place of what haproxy has. One that is refused is tried again at each look. */
  serveAll(entries: ReadonlyMap<string, string>): Promise<void> {
    return this.#turns.take(async () => {
      this.#isGiven = true;
      this.#entries.clear();
      for (const [key, value] of entries) this.#entries.set(key, value);
      this.#generation = null;
      await this.#until(() => this.#writeWhole());
    });
  }

  #note(changes: readonly EntryChange[]): void {
    for (const { key, value } of changes) {
      if (value === null) this.#entries.delete(key);
      else this.#entries.set(key, value);
    }
  }

  /** Tries until haproxy has the entries: by `first`, and then with the whole map. Rejects where it refuses that. */
  async #until(first: () => Promise<void>): Promise<void> {
    const startedAt = performance.now();
    const { signal } = this.#turns;
    let isGood = await this.#succeeds(first);
    for (let again = 0; !isGood; again += 1) {
      if (this.#refusal !== null) throw this.#refusal;
      if (this.#problem !== null && again > 0) await delay(lookMs, undefined, { signal }).catch(() => {});
      signal.throwIfAborted();
      isGood = await this.#succeeds(() => this.#reconcile());
    }
    this.#tools.onServed((performance.now() - startedAt) / 1000);
  }

  /** Whether haproxy has the map afterwards. Never rejects. */
  async #succeeds(work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      this.#problem = null;
      this.#refusal = null;
    } catch (error) {
      this.#refusal = error instanceof MapRefused ? error : null;
      // Of a whole map that it refuses, haproxy serves nothing.
      if (this.#refusal === null) this.#generation = null;
      this.#problem = messageOf(error);
    }
    this.#turnedAtMs = performance.now();
    this.#tools.onProblem(this.#problem);
    return this.#problem === null && this.#generation !== null;
  }

  /** Afterwards the generation is null where another worker has got the commands. */
  async #send(commands: readonly string[]): Promise<void> {
    for (const line of inLines(commands, readGeneration(this.#file))) {
      const { read, others } = generationIn(await this.#ask(line));
      if (read !== this.#generation) this.#generation = null;
      if (this.#generation === null) return;
      if (others !== "") throw new RuntimeError("refused", `haproxy refuses: ${firstLine(others)}`);
    }
  }

  async #writeWhole(): Promise<void> {
    const next = randomBytes(8).toString("hex");
    const { read: worker, others } = workerIn(await this.#ask([prepareVersion(this.#file), whoAnswers]));
    const version = preparedVersion(others);
    const entries = new Map([...this.#entries, [generationKey, next]]);
    for (const line of inLines(versionCommands(this.#file, version, entries), whoAnswers)) {
      const words = await this.#askWorker(worker, line);
      if (words === "") continue;
      // Otherwise it stays in haproxy's memory, and each attempt adds to it.
      await this.#ask([clearVersion(this.#file, version), whoAnswers]);
      throw new MapRefused(words);
    }
    const last = [...commitCommands(this.#file, version), whoAnswers];
    const { read, others: words } = generationIn(await this.#askWorker(worker, last));
    if (read !== next || words !== "")
      throw new RuntimeError("refused", `haproxy refuses: ${firstLine(words)}`);
    this.#generation = next;
  }

  /** What commands answer that end by telling the worker. Rejects where another one than this has got them. */
  async #askWorker(worker: number, commands: readonly string[]): Promise<string> {
    const { read, others } = workerIn(await this.#ask(commands));
    if (read !== worker) throw new RuntimeError("gone", "another worker of haproxy has taken over");
    return others;
  }

  async #reconcile(): Promise<void> {
    await this.#writeWhole();
    this.#tools.onReconciled();
  }

  /** Rejects once it is stopped. */
  #look(): Promise<void> {
    return this.#turns.take(async () => {
      if (!this.#isGiven || this.#generation !== null) await this.#succeeds(() => this.#send([]));
      if (this.#isGiven && this.#generation === null) await this.#succeeds(() => this.#reconcile());
    });
  }

  /** Each time over a connection of its own: one that is kept open stays with a worker that serves no more. */
  #ask(commands: readonly string[]): Promise<string> {
    return askAll(this.#socket, commands, { timeoutMs: answerMs });
  }
}
