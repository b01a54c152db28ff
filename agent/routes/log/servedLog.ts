import { isIPv4 } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { messageOf } from "../../../base/failure.ts";
import type { AddressOf } from "../entry.ts";
import type { NumberedChange } from "../store/store.ts";
import type { LogRecord } from "./record.ts";
import type { RoutesLog } from "./routesLog.ts";

/** Pause before the log is written to again after a failure. */
const againMs = 1000;

export interface ServedLogTools {
  readonly addressOf: AddressOf;
  /** Why it cannot be written; null where it can. Told after each attempt. */
  readonly onProblem: (problem: string | null) => void;
  /** Ends the attempts: what is not written by then rejects. */
  readonly signal: AbortSignal;
}

/** The log of the routes that a node serves: each write is tried until it succeeds. One call at a time. */
export class ServedLog {
  readonly #log: RoutesLog;
  readonly #tools: ServedLogTools;
  #version: number;

  /** @param version number of the last change that the log has */
  constructor(log: RoutesLog, version: number, tools: ServedLogTools) {
    this.#log = log;
    this.#version = version;
    this.#tools = tools;
  }

  /** Number of the last change that it has. */
  get version(): number {
    return this.#version;
  }

  get bytes(): number {
    return this.#log.bytes;
  }

  /**
   * Has the changes that it has not yet, with the addresses of their targets.
   * @param numbers records of backends. They come last: an agent of before there were such numbers reads a log up to the
   * first one
   */
  async makes(
    changes: readonly NumberedChange[],
    targets: Iterable<string>,
    numbers: readonly LogRecord[],
  ): Promise<void> {
    const news = changes.filter(({ version }) => version > this.#version);
    const records = news.map((change): LogRecord => ({ is: "change", ...change }));
    const addresses = this.newAddresses(targets);
    await this.#written(() => this.#log.append([...addresses, ...records, ...numbers]));
    this.#version = news.at(-1)?.version ?? this.#version;
  }

  append(records: readonly LogRecord[]): Promise<void> {
    return this.#written(() => this.#log.append(records));
  }

  /** Begins anew with the table as it is now. @param version of that table */
  async rewrite(version: number): Promise<void> {
    await this.#written(() => this.#log.rewrite());
    this.#version = version;
  }

  /** Writes it anew where most of it is no longer so; one attempt, as the next change comes here again. */
  async compact(): Promise<void> {
    await this.#log.compact().catch((error: unknown) => this.#tools.onProblem(messageOf(error)));
  }

  /** Records of the names whose address is not the one that the log has. */
  newAddresses(names: Iterable<string>): LogRecord[] {
    return [...new Set(names)].flatMap((name): LogRecord[] => {
      const address = this.#tools.addressOf(name);
      const isKnown = address === null || isIPv4(name) || this.#log.addresses.get(name) === address;
      return isKnown ? [] : [{ is: "address", name, address }];
    });
  }

  close(): Promise<void> {
    return this.#log.close();
  }

  async #written(write: () => Promise<void>): Promise<void> {
    const { signal, onProblem } = this.#tools;
    for (;;) {
      signal.throwIfAborted();
      const problem = await write().then(() => null, messageOf);
      onProblem(problem);
      if (problem === null) return;
      await delay(againMs, undefined, { signal }).catch(() => {});
    }
  }
}
