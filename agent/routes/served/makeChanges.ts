import { targetHosts } from "../entry.ts";
import { MapRefused } from "../haproxy/routeMap.ts";
import type { LogRecord } from "../log/record.ts";
import type { NumberedChange } from "../store/store.ts";
import type { Kept } from "./kept.ts";

/**
 * Changes of the table: in the log and in haproxy at the same time, and then in the table. What haproxy refuses may be in the
 * log, and is not in the table: it comes again, together with what takes it back. One call at a time.
 */
export class Changes {
  readonly #kept: Kept;
  /** Whether haproxy has not taken the changes that it was given last. */
  #wasRefused = false;

  constructor(kept: Kept) {
    this.#kept = kept;
  }

  /** Resolves when these whole transactions are on disk and served. Rejects with MapRefused where haproxy refuses them. */
  async make(changes: readonly NumberedChange[]): Promise<void> {
    const { table, log, map, backends, entries, named, names } = this.#kept;
    const targets = changes.flatMap(({ route }) => (route === null ? [] : targetHosts(route)));
    await names.learn(targets);
    // A client must not see half of what is refused, again and again, either.
    const together = this.#wasRefused || changes.some(({ version, transaction }) => version !== transaction);
    const logged = (numbers: readonly LogRecord[] = []) => log.makes(changes, targets, numbers);
    const served = () => map.serve(entries.after(changes), together);
    this.#wasRefused = true;
    if (backends.concern(changes)) await this.#makeBalanced(changes, logged, served);
    else await both(logged(), served());
    this.#wasRefused = false;
    table.make(changes);
    backends.served();
    for (const { host, route } of changes) named.note(host, route);
    // What was refused is in the log alone.
    if (log.version === table.position?.version) await log.compact();
  }

  /** The part of a change that has to do with routes with servers of their own: root makes these of the log. */
  async #makeBalanced(
    changes: readonly NumberedChange[],
    logged: (numbers: readonly LogRecord[]) => Promise<void>,
    served: () => Promise<void>,
  ): Promise<void> {
    const { table, log, map, backends, entries, rehearsal } = this.#kept;
    const { balancer, numbers: before } = backends;
    const numbers = await backends.numbersAfter(changes);
    // Before anything is changed: servers that are another one's already cannot be refused.
    const words = await rehearsal(entries.longestAfter(changes, numbers, map.isRefused));
    if (words !== null) throw new MapRefused(words);
    const records = backends.take(numbers, changes);
    try {
      await logged(records);
      // Those of a route that goes are taken out once no request is led there.
      const isSettled = changes.some(({ host }) => numbers.has(host));
      if (isSettled) await balancer.settle();
      await served();
      if (!isSettled) balancer.lookNow();
    } catch (error) {
      backends.take(before);
      if (error instanceof MapRefused) {
        await log.rewrite(table.position?.version ?? 0);
        balancer.lookNow();
      }
      throw error;
    }
  }
}

/** Resolves, or rejects, when both have ended: a turn that is over must leave nothing under way, as the log is closed then. */
export async function both<One, Two>(one: Promise<One>, two: Promise<Two>): Promise<[One, Two]> {
  await Promise.allSettled([one, two]);
  return [await one, await two];
}
