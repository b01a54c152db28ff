import { isIPv4 } from "node:net";
import { messageOf } from "../../base/failure.ts";
import type { Answer, Dns } from "./dns.ts";
import { inTurns } from "./inTurns.ts";
import { forbiddenTarget, type TargetRules } from "./writer/targets.ts";

/** Bounds of how long an address is kept, whatever its TTL says. */
const leastMs = 1000;
const mostMs = 60_000;
/** How long a change waits for the address of a name that is new: others wait behind it. */
const patienceMs = 250;
/** How long a name that is learned stays, in use or not yet: as long as a probe, and the change after it, may take. */
const heldMs = 15_000;
/** Questions at once. */
const atOnce = 32;

interface Known {
  address: string | null;
  /** Why there is no address, or the last one is kept. */
  problem: string | null;
  failures: number;
  /** Due for the next question, on the monotonic clock. */
  dueAtMs: number;
  asking: Promise<void> | undefined;
  /** Not forgotten before, on the monotonic clock. */
  heldUntilMs: number;
}

/**
 * The addresses of targets. A name is asked for again when its TTL is over; while nobody answers, its last address stays.
 * An address that routes must not lead to is never given out.
 */
export class TargetNames {
  readonly #rules: TargetRules;
  readonly #dns: Dns;
  readonly #known = new Map<string, Known>();
  #changed = new Set<string>();

  /** @param addresses as they were known last, by their names */
  constructor(rules: TargetRules, addresses: ReadonlyMap<string, string>, dns: Dns) {
    this.#rules = rules;
    this.#dns = dns;
    for (const [name, address] of addresses) this.#known.set(name, fresh(this.#allowed(address)));
  }

  /** The address of a target's host, an address or a name; null where none is known or allowed. */
  addressOf(host: string): string | null {
    return isIPv4(host) ? this.#allowed(host) : (this.#known.get(host)?.address ?? null);
  }

  /** The names that have an address, with it. */
  addresses(): ReadonlyMap<string, string> {
    return new Map(
      Array.from(this.#known).flatMap(([name, { address }]) => (address === null ? [] : [[name, address]])),
    );
  }

  /** Names without an address of their own, or with one that nobody confirms, and why. */
  problems(): ReadonlyMap<string, string> {
    return new Map(
      Array.from(this.#known).flatMap(([name, { problem }]) => (problem === null ? [] : [[name, problem]])),
    );
  }

  /** Asks for the hosts that are names and were not asked for before. Waits a moment; `takeChanged` tells what comes later. */
  async learn(hosts: Iterable<string>): Promise<void> {
    const asked = [...new Set(hosts)].filter((host) => !isIPv4(host));
    const names = asked.filter((host) => !this.#known.has(host));
    for (const name of names) this.#known.set(name, fresh(null));
    const heldUntilMs = performance.now() + heldMs;
    for (const name of asked) Object.assign(this.#known.get(name) ?? {}, { heldUntilMs });
    if (names.length === 0) return;
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, patienceMs);
    });
    await Promise.race([inTurns(names, atOnce, (name) => this.#ask(name)), patience]);
    clearTimeout(timer);
  }

  /** Forgets names that are not in use, except those that were asked for a moment ago: a change or a probe needs them. */
  keep(inUse: ReadonlySet<string>): void {
    const nowMs = performance.now();
    for (const [name, { asking, heldUntilMs }] of this.#known)
      if (!inUse.has(name) && asking === undefined && heldUntilMs <= nowMs) this.#known.delete(name);
  }

  /** Asks for the names that are due. */
  async refresh(): Promise<void> {
    const nowMs = performance.now();
    const due = [...this.#known].filter(([, { dueAtMs }]) => dueAtMs <= nowMs);
    await inTurns(due, atOnce, ([name]) => this.#ask(name));
  }

  /** The names whose address is another one than when this was called last. */
  takeChanged(): ReadonlySet<string> {
    const changed = this.#changed;
    this.#changed = new Set();
    return changed;
  }

  async #ask(name: string): Promise<void> {
    const known = this.#known.get(name);
    // It may have been forgotten since.
    if (known === undefined) return;
    known.asking ??= this.#dns
      .resolve(name)
      .then(
        (answers) => this.#take(name, known, answers),
        (error: unknown) => failed(known, messageOf(error)),
      )
      .finally(() => {
        known.asking = undefined;
      });
    await known.asking;
  }

  #take(name: string, known: Known, answers: readonly Answer[]): void {
    const allowed = answers.filter(({ address }) => this.#allowed(address) !== null);
    const [first] = allowed.toSorted((one, other) => (one.address < other.address ? -1 : 1));
    if (first === undefined) {
      const [bad] = answers;
      failed(known, (bad && forbiddenTarget(bad.address, this.#rules)) ?? "it has no IPv4 address");
      return;
    }
    // Name servers give several addresses in turn: a change for its own sake would move every client.
    const kept = allowed.find(({ address }) => address === known.address) ?? first;
    if (kept.address !== known.address) this.#changed.add(name);
    Object.assign(known, { address: kept.address, problem: null, failures: 0 });
    known.dueAtMs = performance.now() + Math.min(Math.max(kept.ttl * 1000, leastMs), mostMs);
  }

  #allowed(address: string): string | null {
    return forbiddenTarget(address, this.#rules) === null ? address : null;
  }
}

function fresh(address: string | null): Known {
  return { address, problem: null, failures: 0, dueAtMs: 0, asking: undefined, heldUntilMs: 0 };
}

function failed(known: Known, problem: string): void {
  known.problem = problem;
  known.dueAtMs = performance.now() + Math.min(leastMs * 2 ** known.failures, mostMs);
  known.failures += 1;
}
