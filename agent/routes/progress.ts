/** A number that a node has come up to, and those who wait for it. */
export class Progress {
  #value = 0;
  readonly #waiting = new Set<Waiting>();

  get value(): number {
    return this.#value;
  }

  /** May also be lower than before, where a history has been replaced by another one. */
  set(value: number): void {
    this.#value = value;
    for (const one of this.#waiting) if (one.value <= value) one.end(true);
  }

  /** Tells those who wait for this number, or a lower one, why the node does not come up to it. */
  refuse(value: number, reason: Error): void {
    for (const one of this.#waiting) if (one.value <= value) one.end(reason);
  }

  /** Resolves true once the value is reached, false at the deadline. Rejects with the reason where it is refused meanwhile. */
  reached(value: number, deadlineMs: number): Promise<boolean> {
    if (this.#value >= value) return Promise.resolve(true);
    return new Promise((resolve, reject) => {
      const end: Waiting["end"] = (how) => {
        clearTimeout(timer);
        this.#waiting.delete(one);
        if (how instanceof Error) reject(how);
        else resolve(how);
      };
      const one = { value, end };
      const timer = setTimeout(() => end(false), deadlineMs);
      this.#waiting.add(one);
    });
  }
}

interface Waiting {
  readonly value: number;
  readonly end: (how: boolean | Error) => void;
}
