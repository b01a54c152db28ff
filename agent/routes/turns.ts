/** Work that is done one after another, in the order in which it is asked for; none begins once it is stopped. */
export class Turns {
  readonly #stopping = new AbortController();
  #last: Promise<unknown> = Promise.resolve();
  #isBusy = false;

  /** Aborted once it is stopped. */
  get signal(): AbortSignal {
    return this.#stopping.signal;
  }

  get isBusy(): boolean {
    return this.#isBusy;
  }

  /** Resolves or rejects as the work does when its turn has come. Rejects with the reason once it is stopped. */
  take<Result>(work: () => Promise<Result>): Promise<Result> {
    const turn = this.#last.then(async () => {
      this.signal.throwIfAborted();
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

  /** Resolves when what was under way has ended. @param why a sentence for those who come too late */
  async stop(why: string): Promise<void> {
    this.#stopping.abort(new Error(why));
    await this.#last;
  }
}
