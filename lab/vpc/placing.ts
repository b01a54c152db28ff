import type { Delivery } from "../../contract/vpc.ts";

/** Deliveries that are remembered. */
const most = 500;

/** Which machine each virtual address leads to: by the API at once, for packets after a delay. */
export class Placing {
  readonly #effectMs: () => number;
  readonly #owners = new Map<string, string>();
  readonly #delivered = new Map<string, string>();
  readonly #deliveries: Delivery[] = [];
  /** Number of the latest move that took effect, by address: a slower one from before must not undo it. */
  readonly #done = new Map<string, number>();
  #moves = 0;

  constructor(effectMs: () => number) {
    this.#effectMs = effectMs;
  }

  place(address: string, machine: string, effect: () => void): void {
    const move = ++this.#moves;
    const acceptedMs = monotonicMs();
    this.#owners.set(address, machine);
    const take = () => {
      if (move < (this.#done.get(address) ?? 0)) return;
      this.#done.set(address, move);
      effect();
      this.#delivered.set(address, machine);
      this.#deliveries.push({ address, machine, acceptedMs, atMs: monotonicMs() });
      if (this.#deliveries.length > most) this.#deliveries.shift();
    };
    const delayMs = this.#effectMs();
    if (delayMs === 0) take();
    else setTimeout(take, delayMs);
  }

  machineOf(address: string): string | undefined {
    return this.#delivered.get(address);
  }

  state() {
    return {
      owners: Object.fromEntries(this.#owners),
      delivered: Object.fromEntries(this.#delivered),
      deliveries: [...this.#deliveries],
    };
  }
}

function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
