/** A number that a node has come up to, and those who wait for it. */
export class Progress {
  #value = 0;
  readonly #waiting = new Set<{ readonly value: number; readonly resolve: () => void }>();

  get value(): number {
    return this.#value;
  }

  /** May also be lower than before, where a history has been replaced by another one. */
  set(value: number): void {
    this.#value = value;
    for (const one of this.#waiting) if (one.value <= value) one.resolve();
  }

  /** Resolves true once the value is reached, false at the deadline. */
  reached(value: number, deadlineMs: number): Promise<boolean> {
    if (this.#value >= value) return Promise.resolve(true);
    return new Promise((resolve) => {
      const end = (isReached: boolean) => {
        clearTimeout(timer);
        this.#waiting.delete(one);
        resolve(isReached);
      };
      const one = { value, resolve: () => end(true) };
      const timer = setTimeout(() => end(false), deadlineMs);
      this.#waiting.add(one);
    });
  }
}
